import { errorsOf } from '@spyglass/agent/contract'

/** Errors of configuration, data folder and secrets. */
export const configErrors = {
  SPY_CONFIG_UNREADABLE: 'cannot read the configuration file %s: %s. Give an existing YAML file with --config.',
  SPY_CONFIG_INVALID: 'the configuration %s has %d mistake(s):\n%s',
  SPY_DATA_UNWRITABLE: 'the data folder %s cannot be written: %s. Choose another with --data DIR.',
  SPY_SECRETS_MISSING: 'there is no secrets file %s: a server makes it when it first starts with this data folder.',
  SPY_SECRETS_INVALID: 'the secrets file %s is not valid: %s. Fix it, or delete it to have a new one with new passwords made.',
  SPY_ARGUMENT_INVALID: 'the argument %s is not valid: %s',
} as const

export const fail = errorsOf(configErrors)
