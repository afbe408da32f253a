/** What is wrong with resources: names that no list has, and settings of an entry that contradict each other. */
import { isDatabaseUrl, realmTypeSettings, type ResourceList, resourceLists } from '../settings/index.ts'
import type { Mistake } from './mistake.ts'
import type {
  CacheConfig,
  DatasourceConfig,
  JobsConfig,
  RateLimitConfig,
  RealmConfig,
  SessionConfig,
  SpyglassConfig,
  WorkerPoolConfig,
} from './schema.ts'

/** The path begins at the entry. */
type EntryMistakes<Entry> = (entry: Entry) => readonly Mistake[]

const mistakesIn: { readonly [L in ResourceList]: EntryMistakes<SpyglassConfig[L][number]> } = {
  datasources: datasourceMistakes,
  rateLimits: rateLimitMistakes,
  caches: cacheMistakes,
  sessions: sessionMistakes,
  realms: realmMistakes,
  jobs: redisMistakes,
  workerPools: workerPoolMistakes,
  mailServers: passwordMistakes,
  redisServers: passwordMistakes,
  httpClients: passwordMistakes,
}

export function resourceMistakes(config: SpyglassConfig): Mistake[] {
  const mistakes = resourceLists.flatMap((list) => [...unknownResources(list, config), ...entryMistakes(list, config)])
  return [
    ...mistakes,
    ...unreachableStores(config),
    ...realmsWithoutSessions(config),
    ...realmsWithoutDatasource(config),
    ...strictSessions(config),
  ]
}

function entryMistakes(list: ResourceList, config: SpyglassConfig): Mistake[] {
  const entries: readonly SpyglassConfig[ResourceList][number][] = config[list]
  const mistakesOf = mistakesIn[list] as EntryMistakes<SpyglassConfig[ResourceList][number]>
  return entries.flatMap((entry, i) => mistakesOf(entry).map((mistake) => ({ ...mistake, path: `${list}[${i}].${mistake.path}` })))
}

/** Who is signed in is kept in sessions, which an application has to use as well. */
function realmsWithoutSessions({ applications, realms, sessions }: SpyglassConfig): Mistake[] {
  const known = sessions.map(({ name }) => name)
  const unknown = realms.flatMap((realm, i) =>
    known.includes(realm.sessions) ? [] : [{ path: `realms[${i}].sessions`, message: unknownName('session', realm.sessions, known) }],
  )
  const unused = applications.flatMap((application, i) =>
    realms.flatMap((realm) =>
      application.realms.includes(realm.name) && !application.sessions.includes(realm.sessions)
        ? [
            {
              path: `applications[${i}].sessions`,
              message: `must name ${realm.sessions}, since realm ${realm.name} keeps there who is signed in`,
            },
          ]
        : [],
    ),
  )
  return [...unknown, ...unused]
}

/** A realm asks over a datasource of the application. */
function realmsWithoutDatasource({ applications, realms, datasources }: SpyglassConfig): Mistake[] {
  const known = datasources.map(({ name }) => name)
  return realms.flatMap(({ name, type, database: { datasource } }, i) => {
    if (type !== 'database' || datasource === undefined) return []
    const unknown = known.includes(datasource)
      ? []
      : [{ path: `realms[${i}].database.datasource`, message: unknownName('datasource', datasource, known) }]
    const unused = applications.flatMap((application, at) =>
      application.realms.includes(name) && !application.datasources.includes(datasource)
        ? [{ path: `applications[${at}].datasources`, message: `must name ${datasource}, since realm ${name} asks it for users` }]
        : [],
    )
    return [...unknown, ...unused]
  })
}

/** The browser comes back from the provider without a cookie that is SameSite=Strict. */
const strictSessions = ({ realms, sessions }: SpyglassConfig): Mistake[] =>
  realms.flatMap(({ type, sessions: name }, i) =>
    type === 'openid' && sessions.some((one) => one.name === name && one.sameSite === 'strict')
      ? [{ path: `realms[${i}].sessions`, message: `${name}: type openid needs sessions with sameSite lax` }]
      : [],
  )

function realmMistakes(realm: RealmConfig): Mistake[] {
  const { bindDn, bindPassword } = realm.ldap
  const unproved = { path: 'ldap.bindPassword', message: 'missing: without it the directory takes ldap.bindDn for nobody' }
  const { redirectUri, callbackPath } = realm.openid
  const isElsewhere = redirectUri !== undefined && URL.parse(redirectUri)?.pathname.endsWith(callbackPath) === false
  const elsewhere = { path: 'openid.redirectUri', message: `its path must end with openid.callbackPath, which is ${callbackPath}` }
  return [
    ...typeMistakes(realm),
    ...(isElsewhere ? [elsewhere] : []),
    ...(bindDn !== undefined && bindPassword === undefined ? [unproved] : []),
  ]
}

function typeMistakes(realm: RealmConfig): Mistake[] {
  return Object.entries(realmTypeSettings).flatMap(([type, needed]) =>
    needed.flatMap((path) => {
      const isSet = settingAt(realm, path) !== undefined
      if (type === realm.type) return isSet ? [] : [{ path, message: `missing: type ${type} needs it` }]
      return isSet ? [{ path, message: `only available with type ${type}` }] : []
    }),
  )
}

const settingAt = (entry: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], entry)

/** The sockets of the stores are for the user of the server alone. */
const unreachableStores = (config: SpyglassConfig): Mistake[] =>
  (['sessions', 'jobs'] as const).flatMap((list) => {
    const ofServer = new Set(config[list].flatMap(({ name, store }) => (store === 'server' ? [name] : [])))
    return config.applications.flatMap((application, i) =>
      application[list].flatMap((name, at) =>
        application.isolation === 'user' && ofServer.has(name)
          ? [
              {
                path: `applications[${i}].${list}[${at}]`,
                message: 'isolation user keeps the application from store server; use store redis',
              },
            ]
          : [],
      ),
    )
  })

function unknownResources(list: ResourceList, { applications, ...config }: SpyglassConfig): Mistake[] {
  const known = config[list].map(({ name }) => name)
  return applications.flatMap((application, i) =>
    application[list].flatMap((name, at) =>
      known.includes(name) ? [] : [{ path: `applications[${i}].${list}[${at}]`, message: unknownName(list.slice(0, -1), name, known) }],
    ),
  )
}

export const unknownName = (what: string, name: string, known: readonly string[]): string =>
  `${JSON.stringify(name)}: no such ${what}; configured: ${known.join(', ') || 'none'}`

function datasourceMistakes(source: DatasourceConfig): Mistake[] {
  const { max } = source
  const size = (['initial', 'min'] as const).flatMap((path) => {
    const value = source[path] ?? 0
    return value > max ? [{ path, message: `${value}: must not exceed max, which is ${max}` }] : []
  })
  return [...size, ...(source.driver === 'sqlite' ? fileMistakes(source) : serverMistakes(source))]
}

/** sqlite has a file, and nothing of what leads to a server. */
function fileMistakes({ file, url, members, password, passwordFrom, statementTimeoutMs }: DatasourceConfig): Mistake[] {
  const others = { url, members: members[0], password, passwordFrom, statementTimeoutMs }
  return [
    ...(file === undefined ? [{ path: 'file', message: 'missing: driver sqlite needs it' }] : []),
    ...Object.entries(others).flatMap(([path, value]) =>
      value === undefined
        ? []
        : [{ path, message: 'not available with driver sqlite, which has a file. Remove it, or choose another driver' }],
    ),
  ]
}

function passwordMistakes({
  password,
  passwordFrom,
}: {
  readonly password?: string | undefined
  readonly passwordFrom?: string | undefined
}): Mistake[] {
  const both = password !== undefined && passwordFrom !== undefined
  return both ? [{ path: 'passwordFrom', message: 'there is a password as well. Remove one of the two' }] : []
}

function serverMistakes(source: DatasourceConfig): Mistake[] {
  const { driver, file, url, members } = source
  const places = [
    ...(url === undefined ? [] : [{ path: 'url', url }]),
    ...members.map((one, i) => ({ path: `members[${i}].url`, url: one.url })),
  ]
  const mistakes: (Mistake | false)[] = [
    file !== undefined && { path: 'file', message: `only available with driver sqlite; driver ${driver} has a url` },
    places.length === 0 && { path: 'url', message: `missing: driver ${driver} needs it` },
    url !== undefined && members.length > 0 && { path: 'url', message: 'there are members as well. Remove one of the two' },
    ...passwordMistakes(source),
    ...places.map(
      (place) => !isDatabaseUrl(place.url, [driver]) && { path: place.path, message: `driver ${driver} does not connect to it` },
    ),
  ]
  return [
    ...mistakes.filter((mistake) => mistake !== false),
    ...(places.every(({ url: given }) => isDatabaseUrl(given)) ? groupMistakes(source) : []),
  ]
}

/** What contradicts itself among the members of a group. */
function groupMistakes({ members, sharded, routes }: DatasourceConfig): Mistake[] {
  const names = members.map(({ name, url }) => name ?? new URL(url).host)
  const targets = new Set(['read', 'write', ...members.flatMap(({ tags }) => tags)])
  const mistakes: (Mistake | false)[] = [
    ...names.map(
      (name, i) => names.indexOf(name) < i && { path: `members[${i}].name`, message: `${name}: there is another member of that name` },
    ),
    members.length > 0 &&
      !sharded &&
      members.every(({ role }) => role === 'replica') && { path: 'members', message: 'all are replicas, so that none is ever written to' },
    sharded && members.every(({ weight }) => weight === 0) && { path: 'members', message: 'none has a weight, so that none has keys' },
    sharded && routes.length > 0 && { path: 'routes', message: 'not available with sharded, which has no common pool' },
    ...routes.map(
      ({ to }, i) => !targets.has(to) && { path: `routes[${i}].to`, message: `${to}: neither read nor write nor a tag of a member` },
    ),
  ]
  return mistakes.filter((mistake) => mistake !== false)
}

/** An instance that does not answer is waited for as long as it may have a copy. */
const MAX_CACHE_MS = 1000

function sessionMistakes(sessions: SessionConfig): Mistake[] {
  const { store, sameSite, secure, cacheMs = 0 } = sessions
  const mistakes: (Mistake | false)[] = [
    ...redisMistakes(sessions),
    store === 'server' &&
      cacheMs > MAX_CACHE_MS && { path: 'cacheMs', message: `${cacheMs}: must not exceed ${MAX_CACHE_MS} with store server` },
    sameSite === 'none' && secure !== 'always' && { path: 'sameSite', message: 'none: browsers want https for it; set secure to always' },
  ]
  return mistakes.filter((mistake) => mistake !== false)
}

function rateLimitMistakes(limit: RateLimitConfig): Mistake[] {
  const { by, header, paths } = limit
  const mistakes: (Mistake | false)[] = [
    ...redisMistakes(limit),
    header !== undefined && by !== 'key' && { path: 'header', message: `only available with by: key, and this limit is by ${by}` },
    paths.length > 0 &&
      (by === 'account' || (by === 'key' && header === undefined)) && {
        path: 'paths',
        message: `a limit by ${by} ${by === 'key' ? 'without a header ' : ''}needs the application to say what is counted. Remove paths, and use rateLimit() in the application`,
      },
  ]
  return mistakes.filter((mistake) => mistake !== false)
}

function cacheMistakes(cache: CacheConfig): Mistake[] {
  const { purgeUrl, purgeToken } = cache
  const unused = purgeToken !== undefined && purgeUrl === undefined
  return [...redisMistakes(cache), ...(unused ? [{ path: 'purgeToken', message: 'only available with a purgeUrl' }] : [])]
}

/** With `store: redis` there is a Redis, and otherwise nothing that leads to one. */
function redisMistakes({
  store,
  url,
  password,
}: Pick<SessionConfig | RateLimitConfig | CacheConfig | JobsConfig, 'store' | 'url' | 'password'>): Mistake[] {
  if (store === 'redis') return url === undefined ? [{ path: 'url', message: 'missing: store redis needs it' }] : []
  return Object.entries({ url, password }).flatMap(([path, value]) =>
    value === undefined ? [] : [{ path, message: 'only available with store redis' }],
  )
}

function workerPoolMistakes({ min, max }: WorkerPoolConfig): Mistake[] {
  return min > max ? [{ path: 'min', message: `${min}: must not exceed max, which is ${max}` }] : []
}
