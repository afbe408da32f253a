/**
 * Which functions a reader may call: made from the running engine's own list, so that a new version cannot bring one in unseen (a test
 * keeps a snapshot of those with access to anything but their arguments).
 */

export interface EngineFunction {
  readonly name: string
  readonly alias_to: string
  readonly categories: string
  readonly origin: string
}

/** Reads the list that {@link allowedFunctions} takes. */
export const FUNCTIONS_QUERY = 'SELECT name, alias_to, toString(categories) AS categories, toString(origin) AS origin FROM system.functions'

const words = (text: string): string[] => text.trim().toLowerCase().split(/\s+/)

/** They read files, models, dictionaries, settings or the machine, wait, or make data without bound. */
const DENIED = new Set(
  words(`
    file catboostEvaluate evalMLMethod joinGet joinGetOrNull dictGet dictHas eval chdb
    sleep sleepEachRow throwIf fuzzQuery fuzzBits generateRandomStructure generateSerialID hasThreadFuzzer
    getServerSetting getSetting getSettingOrDefault getMergeTreeSetting getMacro getServerPort tcpPort globalVariable
    getClientHTTPHeader hostName hostname fullHostName fqdn serverUUID buildId getOSKernelVersion showCertificate uptime
    filesystemAvailable filesystemCapacity filesystemUnreserved zookeeperSessionUptime
    transactionID transactionLatestSnapshot transactionOldestSnapshot
    randomString randomFixedString randomPrintableASCII randomStringUTF8
    initialQueryID queryID connectionId currentRoles enabledRoles defaultRoles currentProfiles enabledProfiles defaultProfiles
  `),
)
const DENIED_CATEGORY = /AI|Introspection|Dictionar|Machine Learning|Remote|Embedded|WebAssembly|Natural Language|External|Internal/i
const DENIED_PREFIX = /^(ai|llm|dict|catboost|region|addressto|demangle|trap|timeseriesid|timeseriestags|__)/i
/** Made by the parser for operators and syntax; some are listed as internal, some not at all. */
const SYNTAX = words(`
  in notIn globalIn globalNotIn nullIn notNullIn globalNullIn globalNotNullIn lambda cast _cast tuple array map exists and or not
  tupleElement arrayElement if multiIf caseWithExpression identity untuple grouping
`)

/** Lower-case names of all functions that a reader may call. */
export function allowedFunctions(functions: readonly EngineFunction[]): ReadonlySet<string> {
  const allowed = new Set(SYNTAX)
  for (const fn of functions) if (!isDenied(fn)) allowed.add(fn.name.toLowerCase())
  for (const name of DENIED) allowed.delete(name)
  return allowed
}

function isDenied({ name, alias_to, categories, origin }: EngineFunction): boolean {
  const names = [name.toLowerCase(), alias_to.toLowerCase()]
  return (
    origin !== 'System' ||
    DENIED_CATEGORY.test(categories) ||
    names.some((each) => DENIED.has(each) || (each !== '' && DENIED_PREFIX.test(each)))
  )
}
