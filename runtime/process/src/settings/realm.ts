import { declareSettings } from './declaration.ts'
import { databaseRealmSettings } from './realm-database.ts'
import { ldapRealmSettings } from './realm-ldap.ts'
import { openidRealmSettings } from './realm-openid.ts'
import { milliseconds, name } from './shapes.ts'

/** What each type needs to be set. A type is opened by `runtime/src/realm/source/source-types.ts`. */
export const realmTypeSettings = {
  file: ['file'],
  module: ['module'],
  ldap: ['ldap.url', 'ldap.base'],
  database: ['database.datasource', 'database.userStatement'],
  openid: ['openid.issuer', 'openid.clientId', 'openid.redirectUri'],
} as const

export const realmSettings = declareSettings({
  name: name('Name of the realm, which applications look it up by.'),
  type: {
    type: 'choice',
    values: ['file', 'database', 'ldap', 'openid', 'module'],
    default: 'file',
    description:
      'Where its users are. file: in a file with hashed passwords; database: in tables, with hashed passwords; ldap: in a directory; openid: at a provider of OpenID Connect, where they sign in; module: where a module of your own looks for them.',
  },
  sessions: {
    type: 'text',
    required: true,
    example: 'visitors',
    description: 'Sessions that hold who is signed in. Applications with the same sessions share the sign-on.',
  },
  file: {
    type: 'text',
    minLength: 1,
    example: 'staff.json',
    description: 'With type file: the file with the users, relative to the data folder. It is read again when it changes.',
  },
  module: {
    type: 'text',
    minLength: 1,
    description: 'With type module: path of the module, relative to the data folder. Its default export makes the source of users.',
  },
  database: {
    type: 'section',
    description: 'With type database: the datasource, and the statements that users and their roles are found by.',
    applies: 'reload',
    readBy: ['instances'],
    settings: databaseRealmSettings,
  },
  ldap: {
    type: 'section',
    description: 'With type ldap: the directory, and how users and their groups are found in it.',
    applies: 'reload',
    readBy: ['instances'],
    settings: ldapRealmSettings,
  },
  openid: {
    type: 'section',
    description: 'With type openid: the provider, and what is taken over from it.',
    applies: 'reload',
    readBy: ['instances'],
    settings: openidRealmSettings,
  },
  recheckMs: {
    ...milliseconds(
      60_000,
      'How old what is known of somebody who is signed in may be. After it the realm is asked again: roles change, and one who is gone is signed out.',
      0,
    ),
    applies: 'live',
  },
})
