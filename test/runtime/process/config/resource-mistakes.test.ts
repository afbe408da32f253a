import { expect, test } from 'vitest'
import { checkedSettings, loadConfig } from '@spyglass/process/config'

const check = (source: object) => () =>
  checkedSettings({ datasources: [{ name: 'shop', ...source }] }, { origin: 'spyglass.yaml', from: '/' })
const pg = { driver: 'pg', url: 'postgres://shop@db/shop' }
const member = { url: 'postgres://shop@db/shop' }
const second = { url: 'postgres://shop@two/shop', tags: ['near'] }

test('a datasource is a file of sqlite, or a URL or members of a server', () => {
  for (const right of [
    { file: 'shop.db' },
    pg,
    { driver: 'pg', members: [member] },
    { driver: 'pg', members: [member, { ...second, role: 'standby' }], routes: [{ statements: 'read', to: 'near' }] },
    { driver: 'pg', members: [member, second], sharded: true },
    { driver: 'mysql2', url: 'mysql://shop@db/shop' },
    { ...pg, passwordFrom: 'env:SHOP' },
  ])
    expect(check(right)).not.toThrow()
})

test.for([
  [{}, 'datasources[0].file: missing: driver sqlite needs it'],
  [{ file: 'a.db', url: pg.url }, 'datasources[0].url: not available with driver sqlite'],
  [{ file: 'a.db', members: [member] }, 'datasources[0].members: not available with driver sqlite'],
  [{ file: 'a.db', password: 'x' }, 'datasources[0].password: not available'],
  [{ driver: 'pg' }, 'datasources[0].url: missing: driver pg needs it'],
  [{ ...pg, file: 'a.db' }, 'datasources[0].file: only available with driver sqlite'],
  [{ ...pg, members: [member] }, 'datasources[0].url: there are members as well'],
  [{ driver: 'pg', members: [member, { ...member, role: 'standby' }] }, 'datasources[0].members[1].name: db: there is another member'],
  [
    {
      driver: 'pg',
      members: [
        { ...member, role: 'replica' },
        { ...second, role: 'replica' },
      ],
    },
    'all are replicas',
  ],
  [{ driver: 'pg', sharded: true, members: [{ ...member, weight: 0 }] }, 'none has a weight'],
  [{ driver: 'pg', sharded: true, members: [member], routes: [{ to: 'read' }] }, 'routes: not available with sharded'],
  [{ driver: 'pg', members: [member], routes: [{ to: 'near' }] }, 'routes[0].to: near: neither read nor write nor a tag'],
  [{ ...pg, password: 'x', passwordFrom: 'env:X' }, 'datasources[0].passwordFrom: there is a password as well'],
  [{ ...pg, passwordFrom: 'vault:x' }, 'file:/PATH, env:NAME or credential:NAME'],
  [{ driver: 'pg', url: 'oracle://db/shop' }, 'a URL like postgres://'],
  [{ driver: 'pg', url: 'mysql://db/shop' }, 'driver pg does not connect to it'],
  [{ driver: 'mysql2', url: pg.url }, 'driver mysql2 does not connect to it'],
  [{ ...pg, min: 9, max: 8 }, 'datasources[0].min: 9: must not exceed max, which is 8'],
  [{ ...pg, initial: 9, max: 8 }, 'datasources[0].initial: 9: must not exceed max, which is 8'],
  [{ file: 'a.db', statementTimeoutMs: 9 }, 'datasources[0].statementTimeoutMs: not available with driver sqlite'],
] as const)('%j is refused: %s', ([source, message]) => {
  expect(check(source)).toThrow(message)
})

test('a password in a URL is refused and not shown', () => {
  const wrong = check({ driver: 'pg', url: 'postgres://shop:hunter2@db/shop' })
  expect(wrong).toThrow('give it as password or passwordFrom')
  expect(wrong).not.toThrow('hunter2')
})

const withSessions = (sessions: object, isolation = 'own') =>
  checkedSettings(
    { sessions: [{ name: 'visitors', ...sessions }], applications: [{ name: 'shop', folder: '/', isolation, sessions: ['visitors'] }] },
    { origin: 'spyglass.yaml', from: '/' },
  )

const redis = { store: 'redis', url: 'redis://db' }

test.each([
  [{ store: 'redis' }, 'sessions[0].url: missing: store redis needs it'],
  [{ url: 'redis://db' }, 'sessions[0].url: only available with store redis'],
  [{ password: 'x' }, 'sessions[0].password: only available with store redis'],
  [{ ...redis, url: 'redis://:secret@db' }, 'a URL without a password'],
  [{ sameSite: 'none' }, 'sessions[0].sameSite: none: browsers want https for it'],
  [{ cacheMs: 2000 }, 'sessions[0].cacheMs: 2000: must not exceed 1000 with store server'],
  [{ cookie: '__Host-x' }, 'without a prefix'],
  [{ signingKey: 'short' }, 'sessions[0].signingKey'],
])('sessions with %o are refused: %s', (given, message) => {
  expect(() => withSessions(given)).toThrow(message)
})

test('sessions of the server, and of a Redis', () => {
  expect(withSessions({}).sessions[0]).toMatchObject({ store: 'server', sameSite: 'lax', whenDown: 'closed' })
  expect(withSessions({ ...redis, cacheMs: 2000 }).sessions[0]).toMatchObject({ store: 'redis' })
})

test('an application whose user is not that of the server cannot reach its store', () => {
  expect(() => withSessions({}, 'user')).toThrow('applications[0].sessions[0]: isolation user keeps the application from store server')
})

const withRealm = (realm: object, application: object = {}) =>
  checkedSettings(
    {
      sessions: [{ name: 'visitors' }],
      realms: [{ name: 'staff', sessions: 'visitors', ...realm }],
      applications: [{ name: 'shop', folder: '/', sessions: ['visitors'], realms: ['staff'], ...application }],
    },
    { origin: 'spyglass.yaml', from: '/' },
  )

test.each([
  [{}, {}, 'realms[0].file: missing: type file needs it'],
  [{ type: 'module', file: 'a.json', module: 'a.mjs' }, {}, 'realms[0].file: only available with type file'],
  [{ file: 'a.json', sessions: 'x' }, {}, 'realms[0].sessions: "x": no such session; configured: visitors'],
  [{ type: 'ldap' }, {}, 'realms[0].ldap.url: missing: type ldap needs it'],
  [{ file: 'a.json', ldap: { url: 'ldaps://x' } }, {}, 'realms[0].ldap.url: only available with type ldap'],
  [{ type: 'ldap', ldap: { url: 'ldaps://x', base: 'o=x', bindDn: 'cn=x' } }, {}, 'realms[0].ldap.bindPassword: missing'],
  [{ type: 'ldap', ldap: { url: 'ldaps://x/o=x', base: 'o=x' } }, {}, 'ldaps://directory.example.com'],
  [{ type: 'ldap', ldap: { url: 'ldaps://x', base: 'o=x', userFilter: '(uid=*)' } }, {}, 'a filter with {user}'],
  [{ type: 'ldap', ldap: { url: 'ldaps://x', base: 'o=x', userFilter: '(uid={user}' } }, {}, 'a filter in brackets'],
  [{ type: 'database', database: { datasource: 'shop', userStatement: 'x' } }, {}, 'no such datasource'],
  [{ type: 'database', database: { datasource: 'shop' } }, {}, 'realms[0].database.userStatement: missing'],
  [{ type: 'openid', openid: { issuer: 'http://login.example' } }, {}, 'an https URL'],
  [
    { type: 'openid', openid: { issuer: 'https://x', clientId: 'x', redirectUri: 'https://x/other' } },
    {},
    'realms[0].openid.redirectUri: its path must end with openid.callbackPath',
  ],
  [{ file: 'a.json' }, { sessions: [] }, 'applications[0].sessions: must name visitors'],
])('a realm with %o in an application with %o is refused: %s', (realm, application, message) => {
  expect(() => withRealm(realm, application)).toThrow(message)
})

test('the file of a realm is in the data folder', () => {
  const base = { sessions: [{ name: 'visitors' }], realms: [{ name: 'staff', sessions: 'visitors', file: 'staff.json' }] }
  expect(loadConfig({ data: '/data', base }).realms[0]?.file).toBe('/data/staff.json')
})
