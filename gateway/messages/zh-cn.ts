import type { MessageCatalogue } from './message.ts';

/** 简体中文。用户自己的词放在反引号里；每条只给一个提示。 */
export const ZH_CN: MessageCatalogue = {
  // ── SQL ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  SQL_SYNTAX: {
    title: 'SQL 无法解析',
    detail: '语法错误[，位于 `{near}` 附近]',
    hint: '请按参考文档提交一条 SELECT 语句[；此处可改用：{accepted}]',
  },
  SQL_TOO_LONG: {
    title: 'SQL 过长',
    detail: '语句超过可读取的长度[：现有 {bytes} 字节][，上限 {bytesMax} 字节]',
    hint: '请缩短语句[，不超过 {bytesMax} 字节]',
  },
  SQL_TOO_COMPLEX: {
    title: 'SQL 过于复杂',
    detail: '[{what} ]超出限制[，最多 {limit}]',
    hint: '请拆成多个作业，或减少嵌套',
  },
  SQL_NOT_SELECT: {
    title: '只接受 SELECT',
    detail: '该语句不是 SELECT',
    hint: '请提交一条 SELECT 语句，前面可以带 WITH',
  },
  SQL_STATEMENTS: {
    title: '只接受一条语句',
    detail: '收到[ {count}] 条语句，只接受一条',
    hint: '请把每条语句作为一个作业提交',
  },
  SQL_CONSTRUCT_REFUSED: {
    title: '不接受该写法',
    detail: '不接受 `{construct}`',
    hint: '[可改用：{accepted}]',
  },
  SQL_FUNCTION_REFUSED: {
    title: '不接受该函数',
    detail: '不接受函数 `{function}`[ 的这些参数（{given} 个）]',
    hint: '[可改用：{accepted}]',
  },
  SQL_TYPE_REFUSED: {
    title: '不接受该类型',
    detail: '不接受类型 `{type}`',
    hint: '[可改用：{accepted}]',
  },
  SQL_TABLE_UNKNOWN: {
    title: '没有这张表',
    detail: '本方案下没有表 `{table}`',
    hint: '请使用本方案授权的表[：`{granted}`]',
  },
  SQL_COLUMN_UNKNOWN: {
    title: '没有这个数据项',
    detail: '本方案下没有数据项 `{column}`',
    hint: '请使用本方案授权的数据项[，是否想写 `{near}`]',
  },
  SQL_COLUMN_AMBIGUOUS: {
    title: '数据项有歧义',
    detail: '`{column}` 可能指多个数据项',
    hint: '[请写明其中之一：`{candidates}`]',
  },
  SQL_TYPE_MISMATCH: {
    title: '类型不符',
    detail: '[`{what}` ]需要[ `{expected}`][；实际为 `{actual}`]',
    hint: '[可接受：{accepted}]',
  },
  SQL_AGGREGATE_MISPLACED: {
    title: '聚合函数不能放在这里',
    detail: '聚合函数 `{function}` 不能放在这里',
    hint: '[可接受：{accepted}]',
  },
  SQL_NOT_GROUPED: {
    title: '数据项未分组',
    detail: '`{column}` 既不在 GROUP BY 中，也不在聚合函数中',
    hint: '请把 `{column}` 加入 GROUP BY，或放进聚合函数',
  },
  SQL_LITERAL_REFUSED: {
    title: '不接受该值',
    detail: '[`{what}`：]此处不接受这个值',
    hint: '[可接受：{accepted}]',
  },
  // ── 策略 ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  POLICY_IDENTIFIER_USE: {
    title: '标识项不能这样使用',
    detail: '标识项 `{column}` 不能用于[ `{use}`]',
    hint: '[可接受：{accepted}]',
  },
  POLICY_ROWS_REFUSED: {
    title: '这些数据项不能逐行输出',
    detail: '模式 `{mode}` 不输出单行[：`{columns}`]',
    hint: '请改为聚合，例如 count、sum、avg 加 GROUP BY',
  },
  POLICY_MODE_NOT_AVAILABLE: {
    title: '所需的保护模式尚未提供',
    detail: '[数据项 `{columns}` ]需要模式 `{mode}`，本网关尚未提供',
    hint: '请去掉这些数据项；不会用较弱的模式代替较严的模式',
  },
  POLICY_MODE_DENY: {
    title: '这些数据项不出域',
    detail: '[`{columns}` ]的级别不允许任何使用',
    hint: '请去掉这些数据项',
  },
  POLICY_UNIT_MISSING: {
    title: '该表没有声明隐私单元',
    detail: '表 `{table}` 没有可供保护计数的隐私单元',
    hint: '[可接受：{accepted}]',
  },
  POLICY_AGGREGATE_REFUSED: {
    title: '该聚合在此模式下不能输出',
    detail: '聚合函数 `{function}` 会显示单个值[，在模式 `{mode}` 下]不能输出',
    hint: '[可改用：{accepted}]',
  },
  POLICY_CONSTRUCT_REFUSED: {
    title: '该写法在此模式下不能使用',
    detail: '[在模式 `{mode}` 下]不能使用 `{construct}`',
    hint: '[可改用：{accepted}]',
  },
  POLICY_ACCESS_DENIED: {
    title: '未获许可',
    detail: '没有策略允许该调用者执行[ `{action}`]',
    hint: '请向数据局申请所需的角色或授权',
  },
  POLICY_FROZEN: {
    title: '已被安全办冻结',
    detail: '所请求的内容已被冻结[：{scope}]',
    hint: '请联系安全办；修改请求无济于事',
  },
  // ── 目录 ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  POLICY_CANARY: {
    title: '结果中含有绝不允许流出的值',
    detail: '结果未予放行，已通知安全办',
    hint: '请联系安全办；重复提问结果相同',
  },
  RESOURCE_NOT_FOUND: {
    title: '没有这个资源',
    detail: '资源 `{id}` 不存在，或您无权查看',
    hint: '可用 GET /v1/resources 列出资源',
  },
  RESOURCE_EXISTS: {
    title: '资源已存在',
    detail: '资源 `{id}` 已登记',
    hint: '请换一个表名',
  },
  RESOURCE_STATE: {
    title: '资源状态不符',
    detail: '资源 `{id}` 的状态是 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  RESOURCE_INVALID: {
    title: '登记内容无效',
    detail: '[`{path}`：]{problem}',
    hint: '请更正登记内容后重新提交',
  },
  ENTRY_INCOMPLETE: {
    title: '目录条目不完整',
    detail: '条目 `{id}` 缺少必填内容：`{missing}`',
    hint: '提交补全后的条目版本（POST /v1/resources/<id>/revisions）',
  },
  GATE_CLOSED: {
    title: '登记前的审查尚未通过',
    detail: '条目 `{id}` 未通过：`{missing}`',
    hint: '保密审查（secrecy）、安全评估（security）、个人信息保护影响评估（personal-information）须由三名不同人员分别决定（POST /v1/resources/<id>/gates/<gate>）；被否决的须提交新版本',
  },
  LIST_INVALID: {
    title: '目录变更无效',
    detail: '`{path}`：{problem}',
    hint: '每张表只列一次；新增的须不在授权运营目录内，删除的须在目录内',
  },
  LIST_NOT_FOUND: {
    title: '没有该批次',
    detail: '授权运营目录没有批次 `{id}`',
    hint: '参见 GET /v1/authorized-list',
  },
  LIST_STATE: {
    title: '批次状态不允许',
    detail: '批次 `{id}` 的状态为 {state}',
    hint: '[可接受：{accepted}]',
  },
  DEMAND_NOT_FOUND: {
    title: '没有该需求',
    detail: '需求 `{id}` 不存在',
    hint: '参见 GET /v1/demands',
  },
  DEMAND_STATE: {
    title: '需求状态不允许',
    detail: '需求 `{id}` 的状态为 {state}',
    hint: '[可接受：{accepted}]',
  },
  RULES_STATE: {
    title: '规则状态不允许',
    detail: '规则 `{id}` 的状态为 {state}',
    hint: '[可接受：{accepted}]',
  },
  TIME_LIMITS_INVALID: {
    title: '节假日安排无效',
    detail: '`{path}`：{problem}',
    hint: '每个日期须属于该年度，只出现一次，放假或调休上班二者择一；调休上班日须为周六或周日',
  },
  TIME_LIMITS_STATE: {
    title: '办理时限的状态不允许',
    detail: '办理时限第 {id} 版的状态为 {state}',
    hint: '[可接受：{accepted}]',
  },
  ONBOARDING_INVALID: {
    title: '准入材料无效',
    detail: '`{path}`：{problem}',
    hint: '更正后重新申请（POST /v1/onboarding）',
  },
  ONBOARDING_NOT_FOUND: {
    title: '没有准入档案',
    detail: '没有 `{id}` 的准入档案',
    hint: '先由开发商申请（POST /v1/onboarding）',
  },
  ONBOARDING_STATE: {
    title: '准入档案状态不允许',
    detail: '`{id}` 的准入档案状态为 {state}',
    hint: '[可接受：{accepted}]',
  },
  DESTRUCTION_INCOMPLETE: {
    title: '销毁尚未完成',
    detail: '`{id}` 的密钥已销毁，但扫描网关目录时发现不应存在的内容：{found}',
    hint: '请运营方清除 `sluice doctor` 所指的文件，然后再次下达销毁',
  },
  PLAN_NOT_FOUND: {
    title: '没有这个方案',
    detail: '方案 `{id}` 不存在，或您无权使用',
    hint: '可用 GET /v1/plans 列出您的方案',
  },
  PLAN_INVALID: {
    title: '方案无效',
    detail: '[`{path}`：]{problem}',
    hint: '请更正方案后重新提交',
  },
  PLAN_SUSPENDED: {
    title: '使用方案已暂停',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '待条目重新登记后，由数据局和各有关提供单位重新评审（POST /v1/plans/<id>/reviews）[；另缺：{also}]',
  },
  DEVELOPER_NOT_ONBOARDED: {
    title: '开发主体未准入',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '开发主体提交准入材料并承诺遵守现行制度（GET /v1/rules、POST /v1/onboarding），由数据局审定[；另缺：{also}]',
  },
  AGREEMENT_NOT_FILED: {
    title: '方案协议未备案',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '开发主体与运营机构签署协议（POST /v1/plans/<id>/agreement），数据局登记备案（POST /v1/plans/<id>/filing）[；另缺：{also}]',
  },
  PLAN_NOT_SUPPLIED: {
    title: '方案数据未供给',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '各表的提供单位出具供给回执（POST /v1/plans/<id>/supplies）[；另缺：{also}]',
  },
  SYNC_MISMATCH: {
    title: '外部平台同步内容未对账',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '由该平台报送当日清单（POST /v1/sync-peers/<id>/reconciliations），数据局逐项处理差异（GET /v1/sync-mismatches）[；另缺：{also}]',
  },
  SYNC_NOT_FOUND: {
    title: '没有这个对接平台或差异',
    detail: '此处没有 `{id}`',
    hint: '用 GET /v1/sync-peers、GET /v1/sync-mismatches 查看',
  },
  SYNC_STATE: {
    title: '对接平台或差异的状态不允许此操作',
    detail: '平台或差异 `{id}` 的状态：{state}',
    hint: '[可接受：{accepted}]',
  },
  SYNC_REFUSED: {
    title: '报文未被接收',
    detail: '{problem}',
    hint: '域外平台可报送目录条目与数据需求，域内平台可报送目录条目与批次通告，须在七日之内：`sluice sync seal`',
  },
  SYNC_CONFLICT: {
    title: '同一标识下已有其他内容',
    detail: '`{id}` 已收到不同的内容',
    hint: '请原样重发，或使用新的标识；每日清单只报送一次',
  },
  SYNC_SEQUENCE: {
    title: '报文缺失或次序不符',
    detail: '收到第 {sequence} 号，应为第 {expected} 号',
    hint: '请自第 {expected} 号起依次报送',
  },
  ACCOUNT_NOT_ONBOARDED: {
    title: '账号不在准入材料中',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）]',
    hint: '开发主体在准入材料中列明账号（POST /v1/onboarding），由数据局审定',
  },
  PLAN_STATE: {
    title: '方案状态不符',
    detail: '方案 `{id}` 的状态是 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  GRANT_MISSING: {
    title: '方案未获授权',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '由数据局或运营机构提出授权（`sluice grants propose`），数据局与提供单位双方签署（`sluice grants sign`）[；另缺：{also}]',
  },
  PLAN_SCOPE: {
    title: '超出方案内容',
    detail:
      '[方案 `{plan}`（哈希 {planHash}）未载明（要求 {requirement}，{paragraph}）][：列 {columns}][：按 {joins} 连接][：以 {outputs} 方式输出]',
    hint: '在方案之内提问（GET /v1/plans/<id>），或另报方案评审',
  },
  GRANT_SCOPE: {
    title: '超出授权范围',
    detail: '没有有效授权覆盖[方案 `{plan}` 所申请的 {columns}（要求 {requirement}，{paragraph}）]',
    hint: '从查询中去掉，或签署覆盖它的授权（`sluice grants`）',
  },
  OPERATOR_OUT_OF_TERM: {
    title: '运营机构不在运营期内',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '由数据局签订协议（`sluice operators open`、`step`、`sign`）[；另缺：{also}]',
  },
  OPERATOR_INCIDENT: {
    title: '运营机构有安全事件',
    detail: '[要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '由数据局作出处理决定（`sluice operators incident-decide`）[；另缺：{also}]',
  },
  OPERATOR_AFFILIATE: {
    title: '开发商是运营机构的关联方',
    detail: '[方案 `{plan}` 不满足要求 {requirement}（{paragraph}）][：{missing}]',
    hint: '由无关联的开发商申请，或由其他运营机构提供服务；申报有误的由数据局更正[；另缺：{also}]',
  },
  AGREEMENT_NOT_FOUND: {
    title: '没有这份协议',
    detail: '协议 `{id}` 不存在',
    hint: '用 GET /v1/agreements 列出协议',
  },
  AGREEMENT_INVALID: {
    title: '协议内容无效',
    detail: '[`{path}`：]{problem}',
    hint: '更正后重新提交',
  },
  AGREEMENT_STATE: {
    title: '协议应先完成其他步骤',
    detail: '协议 `{id}` 已完成 {state}',
    hint: '[可接受：{accepted}]',
  },
  INCIDENT_NOT_FOUND: {
    title: '没有这起事件',
    detail: '事件 `{id}` 不存在',
    hint: '向数据局询问编号',
  },
  INCIDENT_STATE: {
    title: '事件的状态不允许此操作',
    detail: '事件 `{id}` 的状态：{state}',
    hint: '[可接受：{accepted}]',
  },
  EXIT_NOT_FOUND: {
    title: '该运营机构未退出',
    detail: '没有 `{id}` 的退出记录',
    hint: '由数据局用 POST /v1/exits 下达',
  },
  EXIT_STATE: {
    title: '退出的状态不允许此操作',
    detail: '`{id}` 的退出状态：{state}',
    hint: '[可接受：{accepted}]',
  },
  OPERATOR_LEFT: {
    title: '运营机构已退出',
    detail: '`{id}` 已退出：其人员不得进入，其方案下的结果不再提供',
    hint: '请联系数据局',
  },
  GRANT_NOT_FOUND: {
    title: '没有这项授权',
    detail: '授权 `{id}` 不存在或您无权查看',
    hint: '用 GET /v1/grants 列出授权',
  },
  GRANT_INVALID: {
    title: '授权内容无效',
    detail: '[`{path}`：]{problem}',
    hint: '更正后重新提交',
  },
  GRANT_STATE: {
    title: '授权的状态不允许此操作',
    detail: '授权 `{id}` 的状态为 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  KEY_NOT_FOUND: {
    title: '没有这把密钥',
    detail: '该机构没有登记密钥 `{id}`',
    hint: '用 GET /v1/party-keys 列出密钥',
  },
  KEY_STATE: {
    title: '密钥的状态不允许此操作',
    detail: '密钥 `{id}` 的状态：{state}',
    hint: '[可接受：{accepted}]',
  },
  SIGNATURE_INVALID: {
    title: '签名不成立',
    detail: '{problem}',
    hint: '请用本机构经数据局确认的密钥签署：`sluice grants sign`',
  },
  FREEZE_NOT_FOUND: {
    title: '没有这项冻结',
    detail: '冻结 `{id}` 不存在',
    hint: '请用 GET /v1/freezes 查看冻结清单',
  },
  CANARY_NOT_FOUND: {
    title: '找不到该警戒值',
    detail: '未在监视警戒值 `{id}`',
    hint: '可用 GET /v1/canaries 列出',
  },
  SCAN_FINDING_NOT_FOUND: {
    title: '没有上传因此被拒',
    detail: '扫描未因 `{id}` 拒绝过任何上传',
    hint: '用 `sluice scan list` 查看该表的上传因何被拒',
  },
  SCAN_FINDING_STATE: {
    title: '该识别结果的状态不允许此操作',
    detail: '识别结果 `{id}` 处于状态 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  FREEZE_STATE: {
    title: '冻结的状态不允许此操作',
    detail: '冻结 `{id}` 处于状态 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  PRODUCT_NOT_FOUND: {
    title: '没有该产品',
    detail: '产品 `{id}` 不存在，或您无权使用',
    hint: '用 GET /v1/products 查看产品',
  },
  PRODUCT_INVALID: {
    title: '产品不合要求',
    detail: '[`{path}`：]{problem}',
    hint: '更正产品后重新提交',
  },
  PRODUCT_STATE: {
    title: '产品状态不允许此操作',
    detail: '产品 `{id}` 的状态为 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  INTAKE_NOT_FOUND: {
    title: '没有该社会数据登记',
    detail: '社会数据 `{id}` 不存在，或您无权使用',
    hint: '用 GET /v1/intakes 查看社会数据',
  },
  INTAKE_STATE: {
    title: '社会数据状态不允许此操作',
    detail: '社会数据 `{id}` 的状态为 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  INTAKE_INVALID: {
    title: '社会数据不合要求',
    detail: '{problem}',
    hint: '更正登记后重新提交',
  },
  INTAKE_REFUSED: {
    title: '该表未被接收',
    detail: '{problem}',
    hint: '限值为 {limit}；一张表应一次完整提交',
  },
  CONSENT_KEY_NOT_FOUND: {
    title: '没有该同意签名密钥',
    detail: '密钥 `{id}` 无权签署同意',
    hint: '用 GET /v1/consent-keys 查看密钥',
  },
  CONSENT_INVALID: {
    title: '同意不合要求',
    detail: '{problem}',
    hint: '密钥须为公钥 JWK；同意须为签署时的原文',
  },
  JOB_NOT_FOUND: {
    title: '没有这个作业',
    detail: '作业 `{id}` 不存在，或您无权查看',
    hint: '可用 GET /v1/jobs 列出您的作业',
  },
  JOB_STATE: {
    title: '作业状态不符',
    detail: '作业 `{id}` 的状态是 `{state}`',
    hint: '[可接受：{accepted}]',
  },
  JOB_CANCELLED: {
    title: '作业已取消',
    detail: '作业在结束前被停止；已预留的额度照常计费',
    hint: '如仍需要，请重新提交',
  },
  RESULT_EXPIRED: {
    title: '结果已过保存期',
    detail: '结果的保存期已过：作业 `{id}` 的结果已销毁',
    hint: '请重新提交；该作业的回执与日志记录仍然保留',
  },
  VERSION_DESTROYED: {
    title: '数据已被销毁',
    detail: '作业所要读取的 `{id}` 已被销毁',
    hint: '请重新提交：新作业将读取当前版本（如有）',
  },
  JOB_ABORTED: {
    title: '作业运行时网关停止',
    detail: '作业因网关停止而中断；未发布任何内容，额度照常计费',
    hint: '请重新提交',
  },
  BUDGET_EXHAUSTED: {
    title: '额度已用完',
    detail: '{what}不足以支付[：需要 {needed}][，上限 {limit}][，剩余 {remaining}]',
    hint: '{remedy}',
  },
  IDEMPOTENCY_CONFLICT: {
    title: '幂等键已用于另一个请求',
    detail: '键 `{key}` 属于内容不同的请求',
    hint: '新的请求请使用新的键',
  },
  HOME_IN_USE: {
    title: '数据目录正在使用',
    detail: '另一个网关正在使用该数据目录',
    hint: '请停止另一个网关，或另选 SLUICE_HOME',
  },
  HOME_NEWER: {
    title: '数据目录比本版本新',
    detail: '数据目录的格式为 {found}，本版本支持 {known}',
    hint: '请改用较新的版本启动',
  },
  HOME_MIXED: {
    title: '主目录的存储与保险库不属于同一时刻',
    detail:
      '保险库比存储新[：其中的 {versions} 不为存储所知][；保险库上次使用时日志有 {marked} 条，而存储的日志（{entries} 条）并非其延续]；未删除任何内容',
    hint: '请用同一份备份恢复 `sluice.db`、`vault` 与 `keys`，或只放回较新的 `sluice.db`；若两者皆无，请把 `vault/log-head` 及 `vault/versions` 中上述版本移至别处后重新启动，其表以存储所记为准',
  },
  HOME_DAMAGED: {
    title: '主目录中的文件已损坏',
    detail: '无法打开 `{file}`：它不是（或不再是）网关所写的数据库；未删除任何内容',
    hint: '名称以 `-search`、`-shm` 或 `.lock` 结尾的文件（及占其位置的文件夹）可移走，网关会重建；`sluice.db` 请用同一份备份连同 `vault` 与 `keys` 一起恢复',
  },
  STORE_FAILED: {
    title: '未能保存',
    detail: '更改没有保存',
    hint: '请重试；若仍然失败，请告知运营机构',
  },
  CATALOGUE_CORRUPT: {
    title: '目录记录在网关之外被改动',
    detail: '`{table}` 中的记录 `{key}` 与网关所写不符，不予使用',
    hint: '请告知运营机构和安全办；该记录须从备份恢复',
  },
  // ── 沙箱、上传、保险库 ───────────────────────────────────────────────────────────────────────────────────────────
  SANDBOX_UNAVAILABLE: {
    title: '沙箱不可用',
    detail: '本机不支持隔离方式[ `{tier}`]',
    hint: '[{remedy}]',
  },
  SANDBOX_UNPROVEN: {
    title: '隔离未能及时验证',
    detail: '本机负载过高，隔离方式[ `{tier}`] 的自检[在 {seconds} 秒内]未完成',
    hint: '无需安装任何软件：请释放本机的处理器资源后重新启动',
  },
  SANDBOX_BUSY: {
    title: '沙箱繁忙',
    detail: '队列已满',
    hint: '请[在 {retryAfterSeconds} 秒后]重试',
  },
  SANDBOX_TIMEOUT: {
    title: '作业超时',
    detail: '作业到达时限[ {deadlineMs} 毫秒]，已停止',
    hint: '请减少数据项、分组或时间范围',
  },
  SANDBOX_SLOW: {
    title: '未能及时解析 SQL',
    detail: '解析器[在 {seconds} 秒内]未读完该语句；未执行，也未计费',
    hint: '本机负载过高：请稍后原样重试；若仍然失败，请告知运营机构',
  },
  SANDBOX_MEMORY: {
    title: '作业内存不足',
    detail: '作业到达内存上限[ {limitMb} MB]，已停止',
    hint: '请减少数据项、分组或时间范围',
  },
  SANDBOX_FAILED: {
    title: '作业在沙箱中失败',
    detail: '作业在沙箱中失败，原因不对外说明',
    hint: '请重试；若仍然失败，请把作业编号告知运营机构',
  },
  UPLOAD_FORMAT: {
    title: '文件无法读取',
    detail: '文件无法读取[：{problem}]',
    hint: '[可接受：{accepted}]',
  },
  UPLOAD_ENCODING: {
    title: '编码不符',
    detail: '文件不是可接受编码的文本[：其编码为 `{encoding}`][：声明为 `{declared}`，实际不是]',
    hint: '[可接受：`{accepted}`]',
  },
  UPLOAD_HEADER: {
    title: '表头与登记不符',
    detail: '文件的列与登记的数据项不同[；缺少：`{missing}`][；多出：`{unexpected}`]',
    hint: '首行须把每个登记的数据项各写一次，顺序不限',
  },
  UPLOAD_UNDER_DECLARED: {
    title: '列中含有标识符而未如实登记',
    detail: '文件中不同取值的识别结果：{columns}',
    hint: '请按不低于以下的要求登记数据表：{accepted}；若这些值并非该类标识符，请用 `sluice scan dispute` 说明理由，由数据局复核',
  },
  UPLOAD_ROWS_REJECTED: {
    title: '被拒的行过多',
    detail: '[{rows} 行中有 {rejected} 行]不符合登记，未保留任何内容',
    hint: '请更正所列的行，或更正登记',
  },
  UPLOAD_UNIT_ROWS: {
    title: '某个单元的行数多于声明',
    detail: '`{column}` 中有单元的行数多于[ {rowsMax} ]行；未保存任何数据',
    hint: '去掉多出的行，或以更大的 `rowsPerUnitMax`（或不声明它）登记该表',
  },
  UPLOAD_TOO_LARGE: {
    title: '文件过大',
    detail: '文件超过上限[ {bytesMax} 字节]',
    hint: '请上传较小的文件',
  },
  UPLOAD_INTERRUPTED: {
    title: '上传中断',
    detail: '上传提前结束[，已收 {bytes} 字节]，未保留任何内容',
    hint: '请重新上传整个文件',
  },
  UPLOAD_CIPHERTEXT: {
    title: '加密列与签名不符',
    detail: '加密列无法接收[：{problem}]，未保留任何内容',
    hint: '请原样上传 `sluice encrypt` 写出的文件，并保留同名的 `.manifest`',
  },
  UPLOAD_APPEND: {
    title: '无法追加这些行',
    detail: '无法将这些行追加到当前版本[：{problem}]，未保留任何内容',
    hint: '请查看该表的当前版本；不带 `mode=append` 上传则以文件替换整表',
  },
  UPLOAD_DIGEST: {
    title: '文件与声明的摘要不符',
    detail: '文件的[ {algorithm}] 摘要不一致，未保留任何内容',
    hint: '请连同正确的摘要重新上传',
  },
  MASTER_KEY_WRONG: {
    title: '主密钥不符',
    detail: '主目录中的密钥材料由主密钥 `{needed}` 封装，而当前配置的是 `{given}`',
    hint: '请配置主密钥 `{needed}`；若轮换曾中断，请用新旧两个密钥再次执行 `sluice keys rotate`',
  },
  KEY_SERVICE_FAILED: {
    title: '密钥管理服务拒绝',
    detail: '密钥管理服务未按要求应答：{problem}',
    hint: '请运营方检查 SLUICE_MASTER_KEY_COMMAND 或 SLUICE_MASTER_KEY_URL 所指的服务；`sluice doctor` 可进行检测',
  },
  VAULT_CORRUPT: {
    title: '存储数据未通过完整性校验',
    detail: '存储数据未通过完整性校验，未被使用',
    hint: '请告知运营机构；提供单位可以重新上传',
  },
  // ── Custodian ────────────────────────────────────────────────────────────────────────────────────────────────────
  CUSTODIAN_REFUSED: {
    title: '密钥托管方拒绝解密',
    detail: '托管方拒绝[：{reason}]',
    hint: '[{remedy}]',
  },
  CUSTODIAN_AWAY: {
    title: '密钥托管方无应答',
    detail: '加密列的密钥托管方未给出可信的应答，且不以其他方式代替',
    hint: '请稍后再试；若持续如此，请告知运营方',
  },
  // ── 请求、身份、命令行 ───────────────────────────────────────────────────────────────────────────────────────────
  REQUEST_INVALID: {
    title: '请求无效',
    detail: '{problems}',
    hint: '请参见 /openapi.json 中的该操作',
  },
  REQUEST_TOO_LARGE: {
    title: '请求过大',
    detail: '请求正文超过上限[ {bytesMax} 字节]',
    hint: '请减少单次内容',
  },
  REQUEST_TOO_SLOW: {
    title: '请求传输过慢',
    detail: '请求正文或其下一部分未在[ {seconds}] 秒内到达',
    hint: '请重新发送，中途不要停顿',
  },
  ROUTE_NOT_FOUND: {
    title: '这里没有内容',
    detail: '`{path}` 处没有内容',
    hint: 'GET /v1 列出全部入口，/openapi.json 给出说明',
  },
  METHOD_NOT_ALLOWED: {
    title: '不接受该方法',
    detail: '此处不接受方法 `{method}`',
    hint: '可接受：`{allowed}`',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    title: '不接受该媒体类型',
    detail: '此处不接受[媒体类型 `{mediaType}`]',
    hint: '请使用 Content-Type[ `{accepted}`]',
  },
  NOT_ACCEPTABLE: {
    title: '没有可接受的格式',
    detail: 'Accept 所列的格式都不提供',
    hint: '[可用的格式：`{accepted}`]',
  },
  TOKEN_MISSING: {
    title: '需要令牌',
    detail: '请求没有携带令牌',
    hint: '请发送请求头 `Authorization: Bearer <token>`',
  },
  TOKEN_INVALID: {
    title: '令牌无效',
    detail: '不接受该令牌[：{reason}]',
    hint: '请向签发方申请新的令牌',
  },
  CONFIG_INVALID: {
    title: '配置无效',
    detail: '`{variable}`：{problem}',
    hint: '请更正该变量后重新启动',
  },
  RATE_LIMITED: {
    title: '请求过多',
    detail: '该账户的请求超过允许的数量',
    hint: '请[在 {retryAfterSeconds} 秒后]重试',
  },
  LOG_CORRUPT: {
    title: '访问日志未通过校验',
    detail: '[第 {index} 条：]{problem}',
    hint: '请停止网关并告知安全办',
  },
  WITNESS_AWAY: {
    title: '日志见证者尚未签名',
    detail: '结果已生成，待见证者对日志签名后放行',
    hint: '请[在 {retryAfterSeconds} 秒后]重试；若持续如此，请告知安全办',
  },
  INTERNAL: {
    title: '内部错误',
    detail: '网关发生错误，不对外说明原因',
    hint: '请把本回答中的参考号告知运营机构',
  },
};
