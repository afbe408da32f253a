/** Keys and addresses that are known by their form: of issuers that mark theirs, and webhooks, whose path is the secret. */

const ISSUED = new RegExp(
  [
    'A(?:KIA|SIA)[A-Z0-9]{16}(?:\\/[\\w+/=]{8,})?',
    'eyJ[\\w-]{5,2000}\\.[\\w-]{5,2000}(?:\\.[\\w-]{0,2000})?',
    'gh[pousr]_\\w{20,}',
    'github_pat_\\w{20,}',
    'gl(?:pat|ptt|dt|rt|soat|cbt)-[\\w-]{16,}',
    'xox[abeoprs][.-][\\w.-]{8,}',
    'xapp-[\\w-]{16,}',
    '[rsp]k_(?:live|test)_\\w{8,}',
    'sk-[\\w-]{20,}',
    'AIza[\\w-]{30,}',
    'GOCSPX-[\\w-]{20,}',
    'npm_\\w{30,}',
    'pypi-[\\w-]{20,}',
    'dckr_(?:pat|oat)_[\\w-]{16,}',
    'hv[sb]\\.[\\w-]{20,}',
    'ya29\\.[\\w-]{20,}',
    'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
    'shp(?:at|ca|pa|ss)_\\w{20,}',
    'do[opr]_v1_\\w{40,}',
    'whsec_[\\w+/=]{16,}',
    'hf_\\w{30,}',
    'sq0(?:csp|atp|idp)-[\\w-]{16,}',
    'lin_api_\\w{20,}',
    'PMAK-[\\w-]{30,}',
    'NRAK-\\w{16,}',
    'sntry[su]_[\\w+/=]{16,}',
    'figd_[\\w-]{16,}',
    'ATATT3x[\\w-]{16,}=\\w+',
    'AGE-SECRET-KEY-1\\w{10,}',
    'rubygems_\\w{32,}',
    'gsk_\\w{20,}',
    'xai-\\w{20,}',
    'sbp_\\w{32,}',
    'pul-\\w{32,}',
    'tvly-[\\w-]{16,}',
    'tskey-\\w{3,12}-[\\w-]{16,}',
    '1//0[\\w-]{30,}',
  ]
    .map((form) => `\\b${form}`)
    .join('|'),
  'g',
)
/** The path after the part that says where it leads. */
const WEBHOOK =
  /(\b(?:hooks\.slack\.com\/(?:services|workflows)|discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d{1,30}|outlook\.office(?:365)?\.com\/webhook|webhook\.office\.com\/webhookb2|hooks\.zapier\.com\/hooks\/catch|hook\.[a-z\d]{2,4}\.make\.com|maker\.ifttt\.com\/trigger\/[\w-]{1,80}\/(?:json\/)?with\/key|events\.pagerduty\.com\/integration|open\.(?:feishu\.cn|larksuite\.com)\/open-apis\/bot\/v2\/hook)\/|\bapi\.telegram\.org\/(?:file\/)?bot\d{1,20}:)[^\s"'`<>?#]+/g

export const webhookHosts =
  /(?:slack\.com|discord(?:app)?\.com|office(?:365)?\.com|zapier\.com|make\.com|ifttt\.com|pagerduty\.com|feishu\.cn|larksuite\.com|telegram\.org)/i

/** The text without them. */
export function redactIssued(text: string, by: string): string {
  const safe = text.replaceAll(ISSUED, by)
  return safe.includes('/') && webhookHosts.test(safe) ? safe.replaceAll(WEBHOOK, `$1${by}`) : safe
}
