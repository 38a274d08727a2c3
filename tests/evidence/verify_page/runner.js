// Runs the page's program under node: one JSON request a line in, one JSON answer a line out.
'use strict';
const fs = require('fs');
const vm = require('vm');
const readline = require('readline');

const html = fs.readFileSync(process.argv[2], 'utf8');
const program = /<script id="program">([\s\S]*?)<\/script>/.exec(html)[1];
new vm.Script(program, { filename: 'verify.html' }).runInThisContext();
const verify = globalThis.qingyuanVerify;

const bytes = (text) => (text === null || text === undefined ? null : new Uint8Array(Buffer.from(text, 'base64')));

/** Values in: {"b": base64} is bytes and {"n": digits} a BigInt; out the same way. */
function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value && typeof value === 'object') {
    if ('b' in value) return bytes(value.b);
    if ('n' in value) return BigInt(value.n);
  }
  return value;
}
function pack(value) {
  if (value === undefined) return { undefined: true };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64') };
  if (typeof value === 'bigint') return { n: String(value) };
  if (Array.isArray(value)) return value.map(pack);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each !== 'function').map(([name, each]) => [name, pack(each)]));
  }
  return value;
}

function speed(megabytes) {
  const block = Buffer.alloc(1 << 20, 'qingyuan');
  const seconds = (work) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < megabytes; i++) work();
    return Number(process.hrtime.bigint() - start) / 1e9;
  };
  const one = verify.parts.newSha256();
  const two = verify.parts.newSm3();
  let crc = 0;
  const found = {
    sha256: seconds(() => one.update(block)), sm3: seconds(() => two.update(block)), crc32: seconds(() => (crc = verify.parts.crc32(crc, block))),
  };
  found.all = seconds(() => {
    one.update(block);
    two.update(block);
    crc = verify.parts.crc32(crc, block);
  });
  for (const name of Object.keys(found)) found[name] = megabytes / found[name];
  return found;
}

/** The package that `flip` changes. */
let base = null;

/** The verdict on `base` with one bit changed at each of the places, and the members named as faulty in form. */
async function flip(places) {
  const changed = base.slice();
  for (const place of places) changed[place] ^= 1 << place % 8;
  const { verdict, reasons } = await verify(changed, null, null);
  return { verdict, named: reasons.filter(({ code }) => code === 'container' || code === 'name').map(({ path }) => path) };
}

async function answer(request) {
  if (request.base) return (base = bytes(request.base)).length;
  if (request.flip) return flip(request.flip);
  if (request.speed) return speed(request.speed);
  if (request.call) {
    try {
      return { value: pack(verify.parts[request.call](...unpack(request.with))) };
    } catch (error) {
      if (error instanceof Error) throw error;
      return { thrown: error.constructor.name, what: error.what };
    }
  }
  const source = request.path ? new Blob([fs.readFileSync(request.path)]) : bytes(request.package);
  return verify(source, bytes(request.trust), bytes(request.policy));
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let found;
    try {
      found = await answer(JSON.parse(line));
    } catch (error) {
      found = { crash: String(error.stack || error) };
    }
    process.stdout.write(JSON.stringify(found) + '\n');
  }
})();
