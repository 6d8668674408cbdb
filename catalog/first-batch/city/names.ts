import { INDUSTRIES } from '../public-lists.ts';
import { hash32, pick, pickWeighted, stream, uniform, weighted } from './draw.ts';

/** Plausible names of persons, firms, estates and schools. */

const SURNAMES = weighted(
  [...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜'].map(
    (surname, rank) => [surname, 1 / (rank + 6)],
  ),
);
const MALE = [...'伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆旭宁龙林毅峰建国志文海'];
const FEMALE = [...'芳娜敏静丽艳娟霞秀燕玲桂兰英梅红洁云慧颖雪琴晶倩怡婷玉萍莉佳欣雨彤梦琪月'];
const COMMON = [...'子一思嘉文晓雅若天志家春永德成世清'];
const BRANDS = [...'恒盛鼎源泰和润丰嘉瑞金鑫宏昌隆安达通信诚华楚鄂江湖汉东方中天正大同利德顺宝新科远博创'];

const GIVEN = stream('name.given');
const FIRM = stream('name.firm');
const ESTATE = stream('name.estate');
const TRADES = new Map<string, string>(INDUSTRIES.map(([code, , trade]) => [code, trade]));

export function personName(seed: number, person: number, male: boolean): string {
  const surname = pickWeighted(SURNAMES, uniform(seed, GIVEN, person));
  const given = male ? MALE : FEMALE;
  const last = pick(given, uniform(seed, GIVEN, person, 1));
  const u = uniform(seed, GIVEN, person, 2);
  if (u < 0.2) return surname + last;
  return surname + pick(u < 0.6 ? COMMON : given, uniform(seed, GIVEN, person, 3)) + last;
}

export function firmName(seed: number, firm: number, industry: string): string {
  const h = hash32(seed, FIRM, firm);
  const brand = BRANDS[h % BRANDS.length]! + BRANDS[(h >>> 8) % BRANDS.length]!;
  const third = h >>> 30 === 0 ? '' : BRANDS[(h >>> 16) % BRANDS.length]!;
  const form = industry.startsWith('A') ? '农民专业合作社' : '有限公司';
  return `鄂州市${brand}${third}${TRADES.get(industry) ?? ''}${form}`;
}

const ESTATE_ENDINGS = ['花园', '小区', '公馆', '家园', '新城', '华庭', '雅苑', '名邸'];

export function estateName(seed: number, estate: number): string {
  const h = hash32(seed, ESTATE, estate);
  const brand = BRANDS[h % BRANDS.length]! + BRANDS[(h >>> 8) % BRANDS.length]!;
  return brand + ESTATE_ENDINGS[(h >>> 16) % ESTATE_ENDINGS.length]!;
}
