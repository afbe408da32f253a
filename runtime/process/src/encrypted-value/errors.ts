import { codeOf, errorsOf } from '@spyglass/agent/contract'

/** Errors of encrypted values in configuration and secrets. */
export const encryptedValueErrors = {
  SPY_SECRET_KEY_MISSING:
    '%s is encrypted, and there is no key for it. Set SPYGLASS_SECRET_KEY_FILE to the file that "spyglass secret key FILE" made.',
  SPY_SECRET_KEY_INVALID: 'the key for encrypted values cannot be used: %s.',
  SPY_SECRET_UNREADABLE: '%s cannot be decrypted: %s. Encrypt it again with "spyglass secret encrypt".',
} as const

/** Whether the key or an encrypted value is what is wrong. */
export const isEncryptedValueError = (error: unknown): boolean => Object.hasOwn(encryptedValueErrors, codeOf(error) ?? '')

export const fail = errorsOf(encryptedValueErrors)
