import { declareSettings, type TextCheck } from './declaration.ts'
import { milliseconds } from './shapes.ts'

const isLdapUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && /^ldaps?:$/.test(url.protocol) && url.hostname !== '' && url.username === '' && /^\/?$/.test(url.pathname)
}

/** In brackets, which pair; what else is wrong with it the directory tells. */
const isFilter = (text: string): boolean => /^\(.*\)$/.test(text) && text.split('(').length === text.split(')').length

const filter = (...places: readonly string[]): readonly TextCheck[] => [
  { is: isFilter, allowed: 'a filter in brackets, as (uid={user})' },
  { is: (text) => places.some((place) => text.includes(place)), allowed: `a filter with ${places.join(' or ')}` },
]

export const ldapRealmSettings = declareSettings({
  url: {
    type: 'text',
    checks: [{ is: isLdapUrl, allowed: 'a URL like ldaps://directory.example.com or ldap://host:389' }],
    example: 'ldaps://directory.example.com',
    description: 'The directory. A password must not cross a network in the clear: `ldaps://`, or `ldap://` with `startTls`.',
  },
  startTls: {
    type: 'boolean',
    default: true,
    description: 'With `ldap://`: whether the connection changes to TLS before anything is sent. Turn it off only where nobody can listen.',
  },
  ca: {
    type: 'text',
    minLength: 1,
    description:
      'File with the certificates of the authorities that the directory is trusted by (PEM), relative to the data folder. Default: those of Node.',
  },
  bindDn: {
    type: 'text',
    minLength: 1,
    example: 'cn=reader,dc=example,dc=com',
    description: 'Account that users and groups are searched for with. Default: nobody, if the directory lets anybody search.',
  },
  bindPassword: { type: 'text', secret: true, minLength: 1, description: 'Password of `bindDn`. It may be encrypted.' },
  base: { type: 'text', minLength: 1, example: 'ou=people,dc=example,dc=com', description: 'Entry that users are searched for below.' },
  userFilter: {
    type: 'text',
    default: '(uid={user})',
    checks: filter('{user}'),
    description: 'What the entry of a user is found by; `{user}` is the name that was given, escaped. Exactly one entry may fit.',
  },
  nameAttribute: {
    type: 'text',
    minLength: 1,
    default: 'uid',
    description: 'Attribute of the entry that is the name of the person. `userFilter` has to find the entry by it as well.',
  },
  groupBase: { type: 'text', minLength: 1, description: 'Entry that groups are searched for below. Default: `base`.' },
  groupFilter: {
    type: 'text',
    default: '(member={dn})',
    checks: filter('{dn}', '{name}'),
    description:
      'What the groups of a person are found by: `{dn}` is the name of their entry, `{name}` their own. For groups in groups of an Active Directory: `(member:1.2.840.113556.1.4.1941:={dn})`.',
  },
  groupAttribute: { type: 'text', minLength: 1, default: 'cn', description: 'Attribute of a group that is its name.' },
  roles: {
    type: 'map',
    default: {},
    description: 'Roles by the names of groups; groups that are not here give none. Default: the names of the groups are the roles.',
  },
  connections: { type: 'int', min: 1, max: 100, default: 4, description: 'Connections of an instance to the directory at most.' },
  timeoutMs: milliseconds(5000, 'How long the directory may take for a question in all. After it the answer is 503.', 100, 25_000),
})
