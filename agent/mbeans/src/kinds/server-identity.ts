/** Operations of a server on its users and tokens. */
import { type OperationDeclaration, roles } from '@spyglass/agent/contract'

const role = { type: 'string', values: roles, example: 'operator', description: '`viewer`, `operator` or `administrator`.' } as const
const userName = { type: 'string', example: 'anna', description: 'Name of the user.' } as const
const password = {
  type: 'string',
  optional: true,
  secret: true,
  description: 'Password, of at least 12 characters. Default: a random one, which is the result.',
} as const

export const identityOperations = {
  users: { description: 'Lists the users, without their passwords.', role: 'administrator', impact: 'info', result: { array: 'string' } },
  createUser: {
    description: 'Adds a user, and tells the password.',
    role: 'administrator',
    impact: 'action',
    arguments: { name: userName, role, password },
    result: 'string',
    secretResult: true,
  },
  setPassword: {
    description: 'Gives a user a new password, and tells it. Sessions that the user began end.',
    role: 'administrator',
    impact: 'action',
    arguments: { name: userName, password },
    result: 'string',
    secretResult: true,
  },
  deleteUser: {
    description: 'Removes a user. Tokens that the user made stay.',
    role: 'administrator',
    impact: 'action',
    arguments: { name: userName },
  },
  tokens: { description: 'Lists the tokens, without their secrets.', role: 'administrator', impact: 'info', result: { array: 'string' } },
  createToken: {
    description: 'Makes a token, and tells it: it is shown only now.',
    role: 'administrator',
    impact: 'action',
    arguments: {
      name: { type: 'string', example: 'grafana', description: 'What it is for; the history names it.' },
      role,
      seconds: {
        type: 'long',
        optional: true,
        example: 86_400,
        description: 'How long it is valid, in seconds. Default: until it is revoked.',
      },
    },
    result: 'string',
    secretResult: true,
  },
  revokeToken: {
    description: 'Ends a token. It is refused on every port within half a second.',
    role: 'administrator',
    impact: 'action',
    arguments: { id: { type: 'string', example: 'hB3kQ9xTzA', description: 'Its id, as the list of tokens shows it.' } },
  },
} as const satisfies Readonly<Record<string, OperationDeclaration>>
