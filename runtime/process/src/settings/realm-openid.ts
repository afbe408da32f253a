import { declareSettings } from './declaration.ts'
import { milliseconds } from './shapes.ts'

const isSecretUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname))
}

const secretUrl = { is: isSecretUrl, allowed: 'an https URL; http is only for an address of the machine itself' } as const
const path = { is: /^\/[^\s?#%]*$/, allowed: 'a path' } as const

export const openidRealmSettings = declareSettings({
  issuer: {
    type: 'text',
    checks: [secretUrl],
    example: 'https://login.example.com/realms/staff',
    description:
      'The provider, by its issuer. What it offers is read from `/.well-known/openid-configuration` below it when it is first needed.',
  },
  clientId: { type: 'text', minLength: 1, example: 'shop', description: 'What the provider knows the applications as.' },
  clientSecret: {
    type: 'text',
    secret: true,
    minLength: 1,
    description: 'Secret of the client; none for a public one. It may be encrypted.',
  },
  redirectUri: {
    type: 'text',
    checks: [secretUrl],
    example: 'https://shop.example.com/sign-in/callback',
    description:
      'Address that the provider sends the browser back to, exactly as it is registered there. It leads to an application that uses the realm.',
  },
  callbackPath: {
    type: 'text',
    checks: [path],
    default: '/sign-in/callback',
    description: 'Path of `redirectUri` as the application sees it, without its context path.',
  },
  signOutPath: {
    type: 'text',
    checks: [path],
    default: '/sign-out',
    description: 'Path of the application that a POST signs out at, here and at the provider.',
  },
  signedOutUri: {
    type: 'text',
    checks: [secretUrl],
    description: 'Where the provider sends the browser when it has signed out. It has to be registered there.',
  },
  scope: {
    type: 'text',
    checks: [{ is: /(^| )openid( |$)/, allowed: 'a list with openid' }],
    default: 'openid profile',
    description: 'What is asked of the provider.',
  },
  nameClaim: {
    type: 'text',
    minLength: 1,
    default: 'sub',
    description:
      'Claim with the name of a person. Take another one (`preferred_username`, `email`) only if no two people can ever have the same at the provider.',
  },
  rolesClaim: {
    type: 'text',
    minLength: 1,
    default: 'roles',
    description: 'Claim with the roles of a person: a list, or one text. `realm_access.roles` is `roles` in the object `realm_access`.',
  },
  roles: {
    type: 'map',
    default: {},
    description: 'Roles by what the claim says; what is not here gives none. Default: what the claim says are the roles.',
  },
  maxAgeMs: milliseconds(
    28_800_000,
    'How long a sign-on holds. After it the person is sent to the provider again, which may know them still. It takes the place of `recheckMs`.',
    60_000,
    2_592_000_000,
  ),
  timeoutMs: milliseconds(5000, 'How long an answer of the provider may take.', 100, 25_000),
})
