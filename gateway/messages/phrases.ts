import { CUSTODY } from './custody-phrases.ts';
import { PRODUCTS } from './product-phrases.ts';
import { SYNC } from './sync-phrases.ts';

/**
 * What policies and catalogue say in facts besides SQL and the user's own words, keyed by their English. `{}` stands for
 * any words, `{#}` for a whole number, `{list}` for units or columns; they come back in that order. A test holds this
 * against the text of both folders.
 */
interface Phrase {
  readonly zh: string;
  /** Where a sentence needs more than the key. */
  readonly en?: string;
}
type Phrases = Readonly<Record<string, string | Phrase>>;

/** The facts that may hold phrases. The others hold names. */
const FACTS: ReadonlySet<string> = new Set(
  'accepted actual construct expected function problem reason remedy state use what'.split(' '),
);

/** Facts that may be one word of the user's own, or the name of a state. */
const NAMES: ReadonlySet<string> = new Set(['construct', 'function', 'state', 'what']);

const UNITS: Readonly<Record<string, string>> = {
  person: '个人',
  enterprise: '企业',
  household: '家庭',
  institution: '机构',
};

const SQL: Phrases = {
  // constructs
  'ORDER BY in an aggregate': '聚合函数内的 ORDER BY',
  'ORDER BY in a function': '函数内的 ORDER BY',
  'ORDER BY in a window function': '窗口函数参数内的 ORDER BY',
  'ORDER BY beside DISTINCT': {
    en: 'ORDER BY by what DISTINCT does not show',
    zh: '按 DISTINCT 未输出的内容 ORDER BY',
  },
  'ORDER BY of a set operation': { en: 'this ORDER BY of a set operation', zh: '集合运算的这种 ORDER BY' },
  'DISTINCT over a window': '窗口上的 DISTINCT',
  'alias of a join': { en: 'an alias of a join', zh: '连接的别名' },
  'typed VALUES': { en: 'VALUES with types', zh: '带类型的 VALUES' },
  'table function': { en: 'a table function', zh: '表函数' },
  'column data': { en: 'a table of the engine’s own', zh: '引擎内部的表' },
  '{} (row)': { en: 'the row `{}` as one value', zh: '把整行 `{}` 作为一个值' },
  // what would be accepted
  'a literal': '常量',
  'a table that the plan grants': '方案授予的表',
  literals: '常量',
  'scalar columns': { en: 'one value per column', zh: '每列一个值' },
  'a column': '数据项',
  'a column name': '数据项名称',
  'column names, at most {#}': '列名，至多 {} 个',
  'the position of a column (at most {#}), or its name': '列的序号（至多 {}），或列名',
  'a whole number, as a literal': '以常量写出的非负整数',
  'a number of at most {}': '绝对值至多 {} 的数值',
  'a value of the type needed, also by CAST': '所需类型的值，可用 CAST 转换',
  'the same number of columns on both sides': '两侧列数相同',
  'one of {} on both sides, or one of {}': '两侧同为 {} 之一，或同为 {} 之一',
  '{} without OVER': '不带 OVER 的 {}',
  'columns, literals, functions, CASE': '数据项、常量、函数、CASE',
  'a resource that the plan grants': '本方案授权的数据表',
  'a registered resource, named in FROM': '在 FROM 中写出的已登记数据表',
  'the current version': '当前版本',
  'the expression itself: what fails is NULL': '直接写表达式，出错处得 NULL',
  "'…' ({#}…{#})": { en: 'a text of {} to {} characters', zh: '长度为 {} 到 {} 个字符的文本' },
  "'%…%' ({#}…{#})": { en: 'a pattern of {} to {} characters', zh: '长度为 {} 到 {} 个字符的模式' },
  "'%…%' (at most {#} `%`)": { en: 'a pattern with at most {} `%`', zh: '最多含 {} 个 `%` 的模式' },
  '{#}…{#}': { en: '{} to {}', zh: '{} 到 {}' },
  // types and uses
  number: { en: 'a number', zh: '数值' },
  'number, text or date': { en: 'a number, text or a date', zh: '数值、文本或日期' },
  'number, text or boolean': { en: 'a number, text or a truth value', zh: '数值、文本或真值' },
  'text, date or timestamp': { en: 'text, a date or a timestamp', zh: '文本、日期或时间戳' },
  'text (CAST(x AS varchar))': { en: 'text, such as CAST(x AS varchar)', zh: '文本，如 CAST(x AS varchar)' },
  'integer (floor(a / b))': { en: 'integer, or floor(a / b)', zh: '整数，或 floor(a / b)' },
  "date or timestamp (DATE '{}')": {
    en: "a date or timestamp, such as DATE '{}'",
    zh: "日期或时间戳，如 DATE '{}'",
  },
  "date (DATE '{}')": { en: "a date, such as DATE '{}'", zh: "日期，如 DATE '{}'" },
  "timestamp (DATE '{}')": { en: "a date or timestamp, such as DATE '{}'", zh: "日期或时间戳，如 DATE '{}'" },
  'identifier of `{}`': { en: 'an identifier of `{}`', zh: '`{}` 的标识项' },
  '{#} columns': { en: 'a column count of {}', zh: '{} 列' },
  literal: { en: 'a comparison with a literal', zh: '与常量的比较' },
  output: { en: 'the output', zh: '输出' },
  cast: { en: 'a cast', zh: '类型转换' },
  ordering: { en: 'an ordering', zh: '排序' },
  window: { en: 'a window', zh: '窗口' },
  'group key': { en: 'a group key', zh: '分组键' },
  'function {}': { en: 'function `{}`', zh: '函数 `{}`' },
  'aggregate {}': { en: 'aggregate `{}`', zh: '聚合函数 `{}`' },
  // sizes
  depth: { en: 'nesting', zh: '嵌套层数' },
  nesting: '嵌套层数',
  nodes: { en: 'expressions and clauses', zh: '表达式与子句数' },
  columns: '列数',
  groups: '分组数',
  'aggregations in one query': '单个查询的聚合数',
  'public rows beside an aggregate': '与聚合并用的公开行数',
  'released rows beside protected ones': '与受保护行并用的已发布行',
  'ms of processor time to read it': { en: 'time to parse, in ms', zh: '解析时间（毫秒）' },
  'syntax-tree': { en: 'the syntax tree, in characters', zh: '语法树字符数' },
};

const PROTECTION: Phrases = {
  'protected rows beside an aggregate over many units': '与跨单元聚合并用的受保护行',
  'the aggregate in a query of its own, or grouped by the identifier of the unit':
    '把该聚合放进单独的查询，或按单元的标识项分组',
  'LIMIT over protected rows': '受保护行上的 LIMIT',
  'LIMIT after GROUP BY': '先 GROUP BY 再 LIMIT',
  'window function over protected rows': { en: 'a window function over protected rows', zh: '受保护行上的窗口函数' },
  'PARTITION BY the identifier of the unit, or the window over grouped results':
    '按单元的标识项 PARTITION BY，或在分组结果上使用窗口',
  '{}() over protected rows with a {} frame': '{}() 在受保护行上使用 {} 帧',
  'a ROWS frame': 'ROWS 帧',
  'IN or EXISTS over protected rows': '受保护行上的 IN 或 EXISTS',
  'NOT IN or NOT EXISTS over protected rows': '受保护行上的 NOT IN 或 NOT EXISTS',
  '{} over protected rows': '受保护行上的 {}',
  'IN or NOT IN on the identifier that both tables share': '按两表共有的标识项使用 IN 或 NOT IN',
  'the same, matched by {}': '按 {} 匹配',
  'the same, over rows that have an identifier equal to {}': '用于带有与 {} 相等的标识项的行',
  'the same on the identifier of every unit of that table: {list}': '按该表每种单元的标识项匹配：{}',
  'count(distinct …), or a join with the same kind of identifier': 'count(distinct …)，或与同类标识项连接',
  '{}(…), or count(distinct …)': '{}(…)，或 count(distinct …)',
  'avg and stddev, or counts by CASE classes': 'avg 与 stddev，或按 CASE 分段计数',
  'avg, or counts by CASE classes': 'avg，或按 CASE 分段计数',
  'count(*) grouped by the column': '按该数据项分组的 count(*)',
  'the column as a group key': '把该数据项作为分组键',
  "date_sub('year', born, current_date)": "date_sub('year', 出生日期, current_date)",
  'FROM generate_series(…) AS s(t) LEFT JOIN (SELECT time_bucket(INTERVAL 1 DAY, t) …) ON …':
    'FROM generate_series(…) AS s(t) LEFT JOIN (SELECT time_bucket(INTERVAL 1 DAY, t) …) ON …',
  "FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL 1 MONTH) AS t(d), range(10) AS t(n)":
    "FROM generate_series(DATE '2024-01-01', DATE '2024-12-01', INTERVAL 1 MONTH) AS t(d)、range(10) AS t(n)",
  'the column as a group key: GROUP BY …, column': '把该数据项作为分组键：GROUP BY …, 该数据项',
  'equal columns: a.code = b.code; running totals: sum(count(*)) OVER (ORDER BY day) over counts per day':
    '按相等的列连接：a.code = b.code；累计：先按日计数，再用 sum(count(*)) OVER (ORDER BY day)',
  "an interval; of two moments: date_diff('second', earlier, later)":
    "时间间隔；两个时刻之差请用 date_diff('second', 较早, 较晚)",
  'count_if(…) beside count(*)': 'count_if(…) 与 count(*) 并列',
  'columns of level general-1 only': '仅使用 general-1（公开）级别的数据项',
  'a join on {list} with a table that names a person, enterprise, household or institution':
    '用 {} 连接一张标明个人、企业、家庭或机构的表',
};

/** Mode `dp`. */
const PRIVACY: Phrases = {
  'statistics for this ρ': '在此 ρ 下的统计量数',
  'noise as large as these bounds need': '此上下界所需的过大噪声',
  'narrower bounds, or more ρ': '更窄的上下界，或更大的 ρ',
  'GROUP BY columns with a public list': '按有公开取值列表的列 GROUP BY',
  'an outer join, IN, EXISTS or UNION over rows of several kinds of units ({list})':
    '对涉及多类单元（{}）的行使用外连接、IN、EXISTS 或 UNION',
  'inner joins, also of rows grouped by the identifier, or tables of one kind of unit':
    '内连接（也可连接按标识项分组后的行），或只涉及一类单元的表',
  'rows grouped by one of several kinds of units ({list}) beside rows without a bound per unit':
    '按多类单元（{}）之一分组的行，与每单元行数无上限的行并用',
  'joins with one row a unit: `rowsPerUnitMax`, or GROUP BY its identifier':
    '与每单元一行的表连接：声明 `rowsPerUnitMax`，或按其标识项 GROUP BY',
  'rows that belong to several units ({list})': '同时属于多个单元（{}）的行',
  '`rowsPerUnitMax` declared for all but one of {list}': '除其中一类外，为 {} 声明 `rowsPerUnitMax`',
  'groups of rows that belong to several units': '同时属于多个单元的行的分组',
  'mode(x) of a column with a public list of values, or ORDER BY count(*) DESC over its groups':
    '对有公开取值列表的列使用 mode(x)，或对其分组按 count(*) DESC 排序',
  'count, count(DISTINCT x), sum, avg, min, max, median, quantile_*, mode, var_*, stddev_*, covar_*, corr, regr_*':
    'count、count(DISTINCT x)、sum、avg、min、max、median、quantile_*、mode、var_*、stddev_*、covar_*、corr、regr_*',
  'bounds this wide in {}()': '{}() 中过宽的上下界',
  'an expression without bounds in {}()': '{}() 中没有上下界的表达式',
  '`{}` without declared bounds in {}()': '未声明上下界的 `{}`（在 {}() 中）',
  'bounds declared for `{}`, or least(greatest(x, low), high)':
    '为 `{}` 声明上下界，或使用 least(greatest(x, low), high)',
  'least(greatest(x, low), high)': 'least(greatest(x, low), high)',
  'rows whose `{}` is no longer known': '`{}` 已不可知的行',
  'joins that keep the identifier': '保留标识项的连接',
  'a target error without a sum or count': {
    en: 'a target error for an answer without a sum or count',
    zh: '没有求和或计数的结果的目标误差',
  },
  'rho or epsilon': 'rho 或 epsilon',
};

const CATALOGUE: Phrases = {
  empty: { en: 'it is empty', zh: '为空' },
  'an id is a letter or digit and up to 62 of letters, digits, . _ -':
    '编号以字母或数字开头，其后至多 62 个字母、数字或 . _ -',
  'a name is a lower-case letter and up to 62 of a–z, 0–9, _': '名称以小写字母开头，其后至多 62 个 a–z、0–9 或 _',
  'not a registered developer or operator': '不是已登记的开发商或运营机构',
  'not a registered provider': '不是已登记的数据提供单位',
  'a whole number from 1 to {#}': '应为 1 到 {} 的整数',
  'a date as YYYY-MM-DD': '应为 YYYY-MM-DD 格式的日期',
  'before validFrom': { en: 'it is before validFrom', zh: '早于 validFrom' },
  'a plan asks for at least one table': '方案至少申请一张表',
  'a plan asks for at most {#} tables': '方案至多申请 {} 张表',
  'the table is asked for twice': '重复申请了同一张表',
  'not in the catalogue': '目录中没有该资源',
  'a table is asked for by at least one column': '每张表至少申请一个数据项',
  'a column is asked for twice': '重复申请了同一数据项',
  'no such column': '没有这个数据项',
  'not a registered operator': '不是已登记的运营机构',
  'named twice': '重复列出',
  'an operator that has left': '已退出的运营机构',
  'an operator that operates': '在运营的运营机构',
  'an incident under review': '待处理的事件',
  'recorded already': '已登记',
  'an id that is not taken': '未被使用的编号',
  'under review': '待处理',
  'another person than took the step before': '与上一步不同的人',
  'nothing: it is signed': '无：已签署',
  'a decision from {} on': '自 {} 起可作决定',
  'the hash of the package': '移交包的哈希值',
  'another package': '另一个移交包',
  'its results were removed, and the search that followed did not end': '其结果已清除，但随后的查找未完成',
  'nothing: no certificate can be given any more, the log has the removal': '无：已不能出具证书，清除已记入日志',
  'an exit not yet destroyed': '尚未销毁的退出',
  'a whole grant names no tables': '整体授权不列数据表',
  'a whole grant names whose data it is about': '整体授权须写明数据提供单位',
  'an individual grant names at least one table': '个别授权至少列一张表',
  'an individual grant names at most {#} tables': '个别授权至多列 {} 张表',
  'not on the list of authorised operation': '不在授权运营目录中',
  'not the providers of the tables': '与各表的提供单位不一致',
  'one signature of each organisation': '每个机构签署一次',
  'a key that nobody has registered': '尚未登记的密钥',
  'a key that is new': '新登记、未确认的密钥',
  'a key that is in use': '使用中的密钥',
  'registered by the same person': '由同一人登记',
  'not signed by a key in use': '不是由本机构使用中的密钥签署',
  'signed, but not this': '签署的不是这份内容',
  'longer than {#} characters': '超过 {} 个字符',
  'not well-formed Unicode': '不是有效的 Unicode 文本',
  'the id is taken': '编号已被使用',
  'another id': '另用一个编号',
  'a table has at least one column': '表至少有一个数据项',
  'a table has at most {#} columns': '表至多有 {} 个数据项',
  'the name is used twice': '名称重复',
  'an identifier is text or integer': '标识项的类型应为 text 或 integer',
  'a measure is integer or decimal': '度量的类型应为 integer 或 decimal',
  'only an identifier names a unit': '只有标识项可以指明单元',
  'only a column that names a unit bounds its rows': '只有指明单元的列可以限定其行数',
  'rows per unit are from 1 to {#}': '每个单元的行数为 1 到 {}',
  'only an identifier has a domain': '只有标识项可以有 domain',
  'a domain is a dotted name': 'domain 应为以点分隔的名称',
  'only a decimal has a scale': '只有 decimal 可以有 scale',
  'a scale is a whole number from 0 to {#}': 'scale 应为 0 到 {} 的整数',
  'only text has a length': '只有 text 可以有长度',
  'a length is from 1 to {#}': '长度应为 1 到 {}',
  'only a number has bounds': '只有数值可以有上下限',
  'bounds are finite, min ≤ max': '上下限应为有限值，且 min ≤ max',
  'an identifier has no public list': '标识项不能有公开取值表',
  'a list has 1 to {#} values': '取值表应有 1 到 {} 个值',
  'a value is listed twice': '取值重复',
  'only a quasi-identifier that is a number or a date has bins': '只有数值或日期类型的准标识项可以有 bins',
  'bins have 1 to {#} cut points': 'bins 应有 1 到 {} 个分界点',
  'bins are ascending numbers, or dates as YYYY-MM-DD': 'bins 应为升序的数值，或 YYYY-MM-DD 格式的日期',
  'only a column of level important is encrypted': '只有 important 级别的列才加密',
  'a column of level important is encrypted': 'important 级别的列必须加密',
  'an encrypted column is a measure: it can only be summed': '加密列应为度量列：只能求和',
  'an encrypted column has bounds': '加密列应声明上下限',
  'an encrypted column is never empty: whether it is would be readable': '加密列不可为空：是否为空会以明文可见',
  'an encrypted column has no public list': '加密列不能有公开取值表',
  'a key id has 1 to 128 of A–Z, a–z, 0–9, . _ -': '密钥标识应为 1 到 128 个 A–Z、a–z、0–9、. _ -',
  'a signer is an RFC 7638 thumbprint': 'signer 应为 RFC 7638 指纹',
  'bounds times 10^scale are within 2^{#}': '上下限乘以 10^scale 应在 2^{} 之内',
  'all encrypted columns of a table have one signer': '同一表的加密列应使用同一签名方',
  'all encrypted columns of a table have one scheme': '同一表的加密列应使用同一加密方案',
  'one upload at a time': '同一时间只能有一次上传',
  'one decision of each gate': '每道审查只作一次决定',
  'a plan whose entries changed': '条目已变更的方案',
  'no upload under way': '没有正在进行的上传',
  'another table than this entry is of': '不是本条目的数据表',
  'its terms leave out plans of this class': '使用条件不包括此类方案',
  'a batch changes at least one table': '一个批次至少变更一张表',
  'a table is named twice': '同一张表列了两次',
  'another batch that is not decided changes the table': '另一未决批次正在变更该表',
  'the list says so already': '目录已是如此',
  'a column that the plan does not ask for': '方案未申请该列',
  'two columns of one table': '同一张表的两列',
  'a key is of two tables at least': '连接键至少涉及两张表',
  'a batch that is open': '未决的批次',
  'one signature of each party': '各方只签署一次',
  'a registered provider': '已登记的提供单位',
  'one answer': '只答复一次',
  'one proposal': '只提出一次',
  'rules that are new': '新的规则',
  'rules that are proposed': '已提出的规则',
  'rules that were proposed': '已提出过的规则',
  'proposed by the same person': '由同一人提出',
  'not a credit code: its check character is another': '不是统一社会信用代码：校验码不符',
  'another organisation has this credit code': '该信用代码已属于其他机构',
  'not the rules in force': '不是现行规则',
  'at least one account': '至少一个账号',
  'another plan than was signed': '与所签方案不同',
  'the hash of the plan as it is now': '方案现时的哈希',
  'signed over another document': '所签文件不同',
  'the same document for both parties': '双方签署同一文件',
  'not signed': '未签署',
  'signed by developer and operator': '由开发商和运营机构签署',
  'one filing': '只备案一次',
  'an agreement that is signed anew': '重新签署的协议',
  'without data': '没有数据',
  'listed, with a current version': '已登记且有现行版本',
  'one receipt of each table': '每张表一份供给回执',
  'one decision of each reviewer': '每位审核方只作一次决定',
  'a job that has ended': '已结束的作业',
  'a freeze that is in force': '生效中的冻结',
  'agreement of another person': '另一人的同意',
  'two people whom it does not freeze': '未被其冻结的两人',
  'a version that is proposed': '已提出的版本',
  'a version that was proposed': '已提出过的版本',
  'a version that is newer': '更新的版本',
  'older than version {#}': '早于第 {#} 版',
  'a year twice': '年度重复',
  'a day twice': '日期重复',
  'not a day of {#}': '不属于 {#} 年',
  'a day that is off as well': '同时列为放假日',
  'no Saturday or Sunday: it is worked anyway': '并非周六或周日，本为工作日',
  'a decision of another person': '另一人的决定',
};

const BUDGETS: Phrases = {
  'a number from 0.000001 to 10': '应为 0.000001 到 10 的数',
  'the jobs of the plan': '方案的作业额度',
  'your own privacy budget': '您本人的隐私预算',
  'the privacy budget of the plan': '方案的隐私预算',
  'the privacy budget of your organisation': '本机构的隐私预算',
  'the privacy budget of the data, which everybody shares': '该数据由所有使用方共用的隐私预算',
  'the budget for selecting groups': '用于选取分组的预算',
  'ask the data bureau for a new plan': '请向数据局申请新的方案',
  'ask for less, or repeat a question that was answered: that is free':
    '请减少本次花费，或重复已获答复的查询：重复不计费',
  'ask for less, or repeat a question that was answered: that is free; this budget never comes back':
    '请减少本次花费，或重复已获答复的查询：重复不计费；该预算不会恢复',
  'GROUP BY columns with a public list, which needs no selection': '按有公开取值表的数据项 GROUP BY，无需选取分组',
};

const GATEWAY: Phrases = {
  expired: { en: 'it has expired', zh: '已过期' },
  signature: { en: 'its signature does not verify', zh: '签名未通过校验' },
  claims: { en: 'its claims do not fit', zh: '声明不符合要求' },
  algorithm: { en: 'its algorithm is not accepted', zh: '不接受其算法' },
  'issuer-unreachable': { en: 'its issuer cannot be reached', zh: '无法连接签发方' },
  'the tree heads are gone': '树头记录缺失',
  'entries that were signed are gone': '已签名的条目缺失',
  'the stored tree is not the one that was signed': '存储的树与签名时不一致',
  'the last checkpoint is not signed by this key for this log': '最后的检查点不是由本密钥为本日志签名',
  'an entry does not agree with its leaf': '条目与其叶子不一致',
  'no signed tree head': '没有已签名的树头',
  'others may read it': '其他用户可读取',
  'not a file; put it back from the backup': '不是文件，请从备份恢复',
  'not an Ed25519 private key': '不是 Ed25519 私钥',
  'not a verifier key': '不是校验密钥',
  'Parquet with flat columns': '不含嵌套列的 Parquet',
  'CSV (UTF-8 or GB18030; comma, semicolon, tab or |; LF or CRLF; a header line)':
    'CSV（UTF-8 或 GB18030；以逗号、分号、制表符或 | 分隔；LF 或 CRLF 换行；首行为表头）',
  'text, date or timestamp': 'text、date 或 timestamp',
  'number, text or boolean': '数值、text 或 boolean',
  'a value of the type needed, also by CAST': '所需类型的值，也可用 CAST 转换',
  'one of {} on both sides, or one of {}': '两侧同用 {} 之一，或 {} 之一',
  "'_…%' (at most one `%` beside `_`)": "'_…%'（与 `_` 并用时至多一个 `%`）",
  'the position of a column (at most {}), or its name': '列的序号（至多 {}）或列名',
  'a number of at most 1e308': '不超过 1e308 的数',
  'date_add(date, INTERVAL 1 MONTH)': 'date_add(date, INTERVAL 1 MONTH)',
  'column names, at most {}': '至多 {} 个列名',
  'the same number of columns on both sides': '两侧列数相同',
  'a whole number, as a literal': '整数常量',
  '{} without OVER': '不带 OVER 的 {}',
  'the same, matched by {}': '同样的查询，但按 {} 匹配',
  'the same, over rows that have an identifier equal to {}': '同样的查询，但只针对有与 {} 相等的标识项的行',
  'a join on the identifier that both tables share: a.id = b.id': '按两表共有的标识项连接：a.id = b.id',
  'VALUES whose rows no row meets twice: x >= low AND x < high':
    '没有一行能同时匹配其中两行的 VALUES：x >= low AND x < high',
  'count(DISTINCT {}) and no other value': '只用 count(DISTINCT {})',
  'GROUP BY of one identifier of rows that have several': {
    en: 'GROUP BY of one identifier, over rows that have several',
    zh: '对带有多种标识项的行只按其中一个 GROUP BY',
  },
  'UNION of groups that belong to several kinds of units': '对属于多类单元的分组使用 UNION',
  'each side in a query of its own': '两侧各自单独查询',
  'groups of several kinds of units grouped once more': '对属于多类单元的分组再次分组',
  'values of groups that belong to several kinds of units, other than numbers of rows, as keys and in conditions':
    '以属于多类单元的分组的值（行数除外）作为键或用于条件',
  'count(*) and count(DISTINCT …) of an identifier; all values where `rowsPerUnitMax` below the threshold is declared for {list}':
    'count(*) 与对标识项的 count(DISTINCT …)；若为 {} 声明了低于门槛的 `rowsPerUnitMax`，则可用任何值',
  'one GROUP BY of both identifiers, or count(DISTINCT …) without the inner one':
    '用一个 GROUP BY 同时包含两个标识项，或去掉内层分组改用 count(DISTINCT …)',
  'values of groups that belong to several kinds of units, other than sums, means and counts, inside an aggregate':
    '聚合函数内含属于多类单元的分组的值（求和、平均与计数除外）',
  'sums, means and spreads of count(…), sum(…) and avg(…) of a column':
    '对列的 count(…)、sum(…)、avg(…) 求和、平均与离散程度',
  'the identifier and stored columns as keys; the expression as a key of the outer GROUP BY':
    '以标识项和存储的列为键；该表达式作为外层 GROUP BY 的键',
  'GROUP BY {}; or a join and count(DISTINCT {})': 'GROUP BY {}；或连接后用 count(DISTINCT {})',
  'equal columns: a.code = b.code; other conditions on one side only':
    '按相等的列连接：a.code = b.code；其他条件只涉及一侧',
  'join of protected tables without a shared identifier': '受保护的表之间未按共有标识项的连接',
  'join of protected with public rows without equal columns': '受保护的行与公开的行之间没有等值列的连接',
  'join condition over protected and public columns': '同时涉及受保护列与公开列的连接条件',
  'join on a computed column with public rows whose keys may repeat': '按计算得出的列与键可能重复的公开行连接',
  'stored columns on both sides, or public rows by SELECT DISTINCT or GROUP BY of the column':
    '两侧均为存储的列，或公开行按该列 SELECT DISTINCT 或 GROUP BY',
  'value of a list made by the query inside {}()': '{}() 内使用查询自写列表的值',
  'CASE over the column that the list is joined by, or a column of a public table':
    '对连接该列表的列使用 CASE，或使用公开表的列',
  'comparison of the quasi-identifier `{}` beside its declared classes': '在声明的分段之外比较准标识项 `{}`',
  '`{}` < or >= one of {}': '`{}` 仅可用 < 或 >= 与下列之一比较：{}',
  '`{}` = or IN with one of {}': '`{}` 仅可用 = 或 IN 与下列之一比较：{}',
  'rows of one unit grouped apart by an expression': '按表达式把同一单元的行分成几组',
  'the same expression as a key of the outer GROUP BY, or a stored column':
    '把该表达式同时作为外层 GROUP BY 的键，或改用存储的列',
  'a stored column as the further key': '以存储的列作为其余的键',
  'join with a written list whose keys repeat': '与键有重复的自写列表的连接',
  'UNION of `{}` with itself': '`{}` 与自身的 UNION',
  'one SELECT with OR, or CASE as a group key': '一个带 OR 的 SELECT，或以 CASE 作为分组键',
  'columns, numbers, +, -, *, / by a number or a column, powers up to 4, CASE, coalesce, abs, sign, least, greatest, sqrt, ln, exp of a column, days between dates, length of a column; other functions as a group key or around the sum':
    '列、数、+、-、*、除以数或列、至多四次的乘方、CASE、coalesce、abs、sign、least、greatest、列的 sqrt、ln、exp、两日期相差的天数、列的 length；其他函数作分组键或用在求和之外',
  'the column as a group key, ordered by the aggregate': '以该列作分组键，并按汇总值排序',
  'count(DISTINCT column), of columns put together (a, b), or of a date truncated or a part of one':
    'count(DISTINCT 列)，可为多列组合 (a, b)，或日期的截断或某一部分',
  'one each: sum(a) + sum(b), sum(x) + 10 * count(*)': '每个求和一项：sum(a) + sum(b)、sum(x) + 10 * count(*)',
  'function inside {}() over protected rows': '对受保护的行在 {}() 内使用的函数',
  'several terms inside {}() per unit': '每个隐私单元的 {}() 内有多项',
  'terms in sums over protected rows': '对受保护行求和的项',
  'count(DISTINCT expression)': 'count(DISTINCT 表达式)',
};

export const PHRASES: Phrases = {
  ...SQL,
  ...PROTECTION,
  ...PRIVACY,
  ...CATALOGUE,
  ...BUDGETS,
  ...CUSTODY,
  ...PRODUCTS,
  ...SYNC,
  ...GATEWAY,
};
const PATTERNS = Object.entries(PHRASES)
  .filter(([key]) => key.includes('{'))
  .map(([key, phrase]) => ({ phrase, pattern: patternOf(key) }));

function patternOf(key: string): RegExp {
  const literal = key.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${literal.replaceAll('{#}', '(-?\\d+)').replaceAll('{list}', '(?<list>.+)').replaceAll('{}', '(.+)')}$`,
    'su',
  );
}

export type PhraseLanguage = 'zh' | 'en';

/**
 * The words for one fact in a language; null where it is SQL or the user's own. `quoted`: it would stand in backticks,
 * and where it may be a name, only what no name can be, several words, is taken for a phrase.
 */
export function phraseFor(fact: string, word: string, quoted: boolean, language: PhraseLanguage): string | null {
  if (!FACTS.has(fact) || (quoted && NAMES.has(fact) && !word.includes(' '))) return null;
  const exact = Object.hasOwn(PHRASES, word) ? PHRASES[word] : undefined;
  if (exact !== undefined) return inLanguage(word, exact, [], language);
  for (const { phrase, pattern } of PATTERNS) {
    const match = pattern.exec(word);
    if (match === null) continue;
    const list = match.groups?.['list'];
    return inLanguage(word, phrase, list === undefined ? match.slice(1) : [listOf(list)], language);
  }
  return null;
}

function inLanguage(word: string, phrase: string | Phrase, parts: readonly string[], language: PhraseLanguage): string {
  const { zh, en } = typeof phrase === 'string' ? { zh: phrase, en: word } : { en: word, ...phrase };
  let next = 0;
  return (language === 'zh' ? zh : en).replaceAll('{}', () => parts[next++] ?? '');
}

/** Units and columns in backticks, for Chinese. */
function listOf(words: string): string {
  return words
    .split(/, | or /)
    .map((word) => UNITS[word] ?? word)
    .join('、');
}
