/** The two settings of a password: its value, or where it is. */
export const passwordSettings = (description: string) =>
  ({
    password: { type: 'text', secret: true, minLength: 1, applies: 'live', description: `${description} It may be encrypted.` },
    passwordFrom: {
      type: 'text',
      secret: true,
      checks: [{ is: /^(file:\/|env:\w|credential:[\w.-])/, allowed: 'file:/PATH, env:NAME or credential:NAME' }],
      description:
        'Where the password is, in place of `password`: `file:/PATH`, `env:NAME` (a variable of the server) or `credential:NAME` (a credential of systemd). It is read for each new connection.',
    },
  }) as const
