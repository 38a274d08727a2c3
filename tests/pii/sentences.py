"""Seeded sentences with personal names, and sentences that only look as if they had some."""

from __future__ import annotations

import random
from dataclasses import dataclass

SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章"
)
DOUBLE = ("欧阳", "上官", "司马", "诸葛", "皇甫", "慕容", "令狐", "司徒", "夏侯", "尉迟")
ONE = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞刚英华兰红梅鹏婷宇浩欣怡涵峰辉玲燕萍波斌健俊帆旭亮倩琳莉晶琴晨蕾洁颖瑶丹翔鑫彬"
TWO = (
    "建国", "志强", "国强", "海燕", "丽华", "秀英", "桂兰", "玉梅", "晓明", "小红", "文博", "子轩", "梓涵", "浩然",
    "欣怡", "雨桐", "诗涵", "思远", "俊杰", "嘉豪", "一鸣", "宇航", "佳琪", "雅婷", "明远", "德福", "长生", "永强",
    "卫东", "立新", "振华", "光明", "奕辰", "若曦", "可馨", "语嫣", "沐宸", "国庆", "和平", "胜利", "建军", "平安",
    "云飞", "清风", "佳慧", "静怡", "美玲", "淑芬", "慧敏", "玉珍", "世杰", "家骏", "启航", "景天", "书瑶", "梦洁",
    "贻聪", "抒雁", "祖荫", "砚秋", "逸飞", "钰莹",
)  # fmt: skip
JOINED = (
    "阿依古丽·买买提",
    "买买提·艾力",
    "古丽娜尔·吐尔逊",
    "热合曼·努尔",
    "艾合买提·卡德尔",
    "约翰·史密斯",
)
WITH_NAMES = (
    "{}于2023年3月5日向本院提起诉讼，要求赔偿损失。",
    "经理{}称，公司从未授权第三方收集信息。",
    "由{}、{}和{}签收。",
    "上述快递已由{}代为签收，签收时间为当日下午。",
    "被告人{}伙同{}通过互联网出售公民信息。",
    "原告{}与被告{}因买卖合同纠纷一案，本院受理后依法公开开庭审理。",
    "我叫{}，今年三十二岁，住在城南。",
    "客服人员联系{}核实地址时，{}表示并未下单。",
    "{}说他没有收到包裹。",
    "据{}介绍，该平台上线于去年五月。",
    "请{}明天上午到检察院配合调查。",
    "{}、{}二人涉嫌侵犯公民个人信息罪。",
    "检察官{}出庭支持公诉，{}担任审判长。",
    "他把资料交给{}，又让{}复印了两份。",
    "{}是该村村民，{}是其妻子。",
    "快件面单上写着{}的名字和电话。",
    "被害人{}被骗走两万元，{}获利五千元。",
    "昨天，{}到超市购物时发现会员信息外泄。",
    "参加会议的有{}、{}、{}、{}等人。",
    "收件人是{}，寄件人是{}。",
    "{}出生于浙江，现居住在杭州。",
    "经查，{}利用职务便利查询{}的行踪轨迹。",
    "物业工作人员{}告诉我们，名单是{}提供的。",
)
WITHOUT = (
    "王经理和李主任很高兴地参加了会议，张总没有来。",
    "高兴地说，周末方便的话马上来，任何人都可以。",
    "于是和平谈判成立，常常有人张开双臂。",
    "李宁公司与王府井百货在张家口设立门店。",
    "沿着马路向东，经过高速公路和石桥。",
    "金额方面由系统计算，应当安排专人。",
    "方案由温州分公司制定，和解协议已经达成。",
    "白天黑夜连续工作，成本较高，利润偏低。",
    "王先生、李女士、张老师和刘医生均未到场。",
    "高度重视个人信息保护，全面落实整改措施。",
    "周三下午召开会议，讨论常规事项和余下问题。",
    "石家庄、马鞍山、徐州、常州、温岭等地均有分布。",
    "施工单位、安全部门、应急管理局联合检查。",
    "何时发货、何人签收均无记录。",
    "万一出现纠纷，由管辖法院解决。",
    "杨梅和李子成熟了，黄金周游客很多。",
    "全部资料均已销毁，包括纸质面单。",
    "云南白药、同仁堂等老字号参与活动。",
    "易燃易爆物品不得邮寄，严禁夹带。",
)


@dataclass(frozen=True)
class Sentence:
    """A line of text and the code-point ranges of its names."""

    text: str
    names: frozenset[tuple[int, int]]


def name(r: random.Random) -> str:
    kind = r.random()
    if kind < 0.04:
        return r.choice(JOINED)
    surname = r.choice(DOUBLE) if kind < 0.1 else SINGLE[min(int(r.expovariate(1 / 35)), len(SINGLE) - 1)]
    form = r.random()
    if form < 0.3:
        return surname + r.choice(ONE)
    return surname + (r.choice(ONE) + r.choice(ONE) if form < 0.6 else r.choice(TWO))


def sentences(seed: int, count: int) -> list[Sentence]:
    r = random.Random(seed)
    out = []
    for _ in range(count):
        if r.random() < 0.4:
            out.append(Sentence(r.choice(WITHOUT), frozenset()))
            continue
        text, names = "", set()
        for i, part in enumerate(r.choice(WITH_NAMES).split("{}")):
            if i:
                given = name(r)
                names.add((len(text), len(text) + len(given)))
                text += given
            text += part
        out.append(Sentence(text, frozenset(names)))
    return out
