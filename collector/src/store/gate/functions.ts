/**
 * Which functions a reader may call: made from the running engine's own list, so that a new version cannot bring one in unseen (a test
 * keeps a snapshot of those with access to anything but their arguments).
 */

export interface EngineFunction {
  readonly name: string
  readonly alias_to: string
  readonly categories: string
  readonly origin: string
  readonly isAggregate: boolean
  /** Whether its first argument is a function: a lambda or, since no column has that name, the name of one. */
  readonly isHigherOrder: boolean
}

/** Says of any name whether a reader may call it; all names are taken without regard to case. */
export interface FunctionRules {
  /** Whether it may be called; aggregate functions with their combinators (`sumMapIf`) too. */
  mayCall(name: string): boolean
  /** Whether it is the name of a function that may not be called. */
  isDenied(name: string): boolean
  /** Whether it may be given the name of a function to call. */
  takesFunction(name: string): boolean
}

/** Its rows make the list that {@link functionRules} takes. */
export const FUNCTIONS_QUERY =
  'SELECT name, alias_to, toString(categories) AS categories, toString(origin) AS origin, is_aggregate, higher_order FROM system.functions'

/** A row of {@link FUNCTIONS_QUERY}, all values as texts. */
export function engineFunction([
  name = '',
  alias_to = '',
  categories = '',
  origin = '',
  aggregate,
  higherOrder,
]: readonly string[]): EngineFunction {
  return { name, alias_to, categories, origin, isAggregate: aggregate === '1', isHigherOrder: higherOrder === '1' }
}

const words = (text: string): string[] => text.trim().split(/\s+/)
const lowerWords = (text: string): string[] => words(text.toLowerCase())

/**
 * Their cost grows faster than one value is long, and the engine cannot end a call in the middle of a block: found by
 * scripts/measure-functions.ts, with their near relations. Some that dashboards use stay allowed although they are of this kind (`ilike`,
 * `hasAll`, `replaceRegexpAll`), except on long values that the statement makes itself (made-values.ts); what they cost otherwise is ended
 * with the engine's process.
 */
export const superlinearFunctions = words(`
  levenshteinDistance levenshteinDistanceUTF8 editDistance editDistanceUTF8 damerauLevenshteinDistance jaroSimilarity jaroWinklerSimilarity
  arrayLevenshteinDistance arrayLevenshteinDistanceWeighted arraySimilarity arrayJaccardIndex arrayReduceInRanges JSONMergePatch
  base58Encode base58Decode tryBase58Decode countSubstringsCaseInsensitiveUTF8 URLHierarchy URLPathHierarchy
  polygonsDistanceCartesian polygonsDistanceSpherical polygonsWithinCartesian polygonsWithinSpherical polygonsEqualsCartesian
  polygonsIntersectionCartesian polygonsIntersectionSpherical polygonsIntersectCartesian polygonsIntersectSpherical
  polygonsUnionCartesian polygonsUnionSpherical polygonsSymDifferenceCartesian polygonsSymDifferenceSpherical
`)

/**
 * They read files, models, dictionaries, settings or the machine, or make data without bound. `sleep` and `throwIf` are not among them: clients test
 * their time limits and errors with them, they use no CPU, and the engine wakes a sleeper that is cancelled.
 */
const DENIED = new Set([
  ...superlinearFunctions.map((name) => name.toLowerCase()),
  ...lowerWords(`
    file catboostEvaluate evalMLMethod joinGet joinGetOrNull dictGet dictHas eval chdb
    fuzzQuery fuzzBits generateRandomStructure generateSerialID hasThreadFuzzer
    displayName getServerSetting getSetting getSettingOrDefault getMergeTreeSetting getMacro getServerPort tcpPort globalVariable
    getClientHTTPHeader hostName hostname fullHostName fqdn serverUUID buildId getOSKernelVersion showCertificate uptime
    filesystemAvailable filesystemCapacity filesystemUnreserved zookeeperSessionUptime
    transactionID transactionLatestSnapshot transactionOldestSnapshot
    randomString randomFixedString randomPrintableASCII randomStringUTF8
    initialQueryID queryID connectionId currentRoles enabledRoles defaultRoles currentProfiles enabledProfiles defaultProfiles
  `),
])
const DENIED_CATEGORY = /AI|Introspection|Dictionar|Machine Learning|Remote|Embedded|WebAssembly|Natural Language|External|Internal/i
const DENIED_PREFIX = /^(ai|llm|dict|catboost|region|addressto|demangle|trap|timeseriesid|timeseriestags|__)/i
/** Made by the parser for operators and syntax; some are listed as internal, some not at all. */
const SYNTAX = lowerWords(`
  in notIn globalIn globalNotIn nullIn notNullIn globalNullIn globalNotNullIn lambda cast _cast tuple array map exists and or not
  tupleElement arrayElement if multiIf caseWithExpression identity untuple grouping
`)

/** What an aggregate function's name may end with. */
const COMBINATOR = /^(.+?)(If|Array|Map|SimpleState|State|MergeState|Merge|ForEach|Distinct|OrDefault|OrNull|Resample|ArgMin|ArgMax)$/i

/** Creates the rules from the engine's list. */
export function functionRules(functions: readonly EngineFunction[]): FunctionRules {
  const known = new Set(functions.map(({ name }) => name.toLowerCase()))
  const allowed = new Set(SYNTAX)
  for (const fn of functions) if (!isDenied(fn)) allowed.add(fn.name.toLowerCase())
  for (const name of DENIED) allowed.delete(name)
  const higherOrder = new Set(functions.filter((fn) => fn.isHigherOrder).map(({ name }) => name.toLowerCase()))
  const aggregates = new Set(functions.filter((fn) => fn.isAggregate && !isDenied(fn)).map(({ name }) => name.toLowerCase()))

  /** Combinators can stand one after the other, and a shorter one may be the end of a longer. */
  function isCombined(name: string): boolean {
    const base = COMBINATOR.exec(name)?.[1]
    return base !== undefined && (aggregates.has(base) || isCombined(base))
  }

  return {
    mayCall(name) {
      const lower = name.toLowerCase()
      return allowed.has(lower) || (!known.has(lower) && isCombined(lower))
    },
    isDenied(name) {
      const lower = name.toLowerCase()
      return DENIED.has(lower) || (known.has(lower) && !allowed.has(lower))
    },
    takesFunction: (name) => higherOrder.has(name.toLowerCase()),
  }
}

function isDenied({ name, alias_to, categories, origin }: EngineFunction): boolean {
  const names = [name.toLowerCase(), alias_to.toLowerCase()]
  return (
    origin !== 'System' ||
    DENIED_CATEGORY.test(categories) ||
    names.some((each) => DENIED.has(each) || (each !== '' && DENIED_PREFIX.test(each)))
  )
}
