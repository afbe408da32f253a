/** The commands for encrypted values. */
import type { CommandDeclaration } from './command-declaration.ts'

const secretKeyOption = {
  value: 'FILE',
  description: 'File with the key. Default: the one that SPYGLASS_SECRET_KEY_FILE names, or the key in SPYGLASS_SECRET_KEY.',
  completes: 'file',
} as const

export const secretCommands: readonly CommandDeclaration[] = [
  {
    name: 'secret key',
    arguments: 'FILE',
    summary: 'Makes a key for encrypted values in a new file, mode 0600.',
    options: {},
    examples: ['spyglass secret key /etc/spyglass/key'],
  },
  {
    name: 'secret encrypt',
    summary: 'Encrypts a value from standard input for spyglass.yaml, secrets.yaml or `set`, and prints it.',
    options: {
      key: secretKeyOption,
      algorithm: { value: 'NAME', description: '`aes-256-gcm` (default) or `sm4-cbc-hmac-sm3`.' },
    },
    examples: ['printf %s "$PASSWORD" | spyglass secret encrypt --key /etc/spyglass/key'],
  },
  {
    name: 'secret password',
    summary: 'Hashes a password from standard input for the file of a realm, and prints the hash.',
    options: {},
    examples: ['spyglass secret password < password'],
  },
  {
    name: 'secret decrypt',
    summary: 'Decrypts a value from standard input, and prints it.',
    options: { key: secretKeyOption },
    examples: ['spyglass secret decrypt --key /etc/spyglass/key < value'],
  },
]
