/** What a custodian and the encrypted columns say, keyed by the English. */
export const CUSTODY: Readonly<Record<string, string>> = {
  // why a custodian opens nothing
  'the request is not signed by a gateway that the custodian knows': '请求未经托管方所信任的网关签名',
  'have the custodian trust the gateway’s key': '请托管方登记该网关的公钥',
  'the request is not one that the custodian reads': '托管方无法识别该请求',
  'use the gateway of the same version': '请使用相同版本的网关',
  'the request was made before, or its time is not now': '请求为重放，或其时间与当前不符',
  'ask again': '请重新提交',
  'the plan asks the custodian too often': '该方案请求托管方过于频繁',
  'ask again later': '请稍后再试',
  'the custodian holds no key for this version of the data': '托管方没有该数据版本的密钥',
  'have the provider send its package for the custodian': '请数据提供方提交其托管包',
  'the request is not about the data as the provider declared them': '请求与数据提供方的声明不一致',
  'upload the data again, with the package that belongs to them': '请重新上传数据及其对应的托管包',
  'the plan is not the one that the custodian opened for before': '该方案与托管方此前解密所依据的方案不同',
  'ask under the approved plan': '请在已批准的方案下查询',
  'a set of rows is not what it says it is': '行集合与其声明不符',
  'have the operator examine the gateway': '请运营方检查网关',
  'one unit has more rows in a set than was said': '某一单元在行集合中的行数超过声明',
  'the sum could be larger than the cipher holds': '求和可能超出密码算法的范围',
  'use smaller weights': '请使用较小的权重',
  'the noise asked for is too little': '所请求的噪声过小',
  'ask for less ρ': '请减小 ρ',
  'the custodian’s own privacy budget of the data cannot bear this': '托管方自有的该数据隐私预算不足以支付',
  'ask for less, or repeat a question that was answered: that is free': '请减少用量，或重复已回答过的问题（不计费）',
  'no set of rows stands for enough units, and differs in enough units from those opened before':
    '没有行集合既代表足够多的单元、又与此前解密的集合相差足够多的单元',
  'ask about more units': '请查询涉及更多单元的范围',
  'an encrypted sum is not of the rows that it is said to be of': '加密的和不属于所声明的行',
  'have the operator examine the gateway and the upload': '请运营方检查网关与上传数据',
  'too many encrypted sums were not what they were said to be: the data are closed':
    '不符声明的加密和过多：该数据已关闭',
  'have the operator examine the gateway; the provider encrypts anew under a new key':
    '请运营方检查网关；数据提供方须以新密钥重新加密',
  'the provider’s package is not whole, or not signed by it': '数据提供方的托管包不完整，或未经其签名',
  'encrypt the data again': '请重新加密数据',
};
