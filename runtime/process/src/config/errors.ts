import { errorsOf } from '@spyglass/agent/contract'

/** Errors of configuration, data folder and secrets. */
export const configErrors = {
  SPY_CONFIG_UNREADABLE: 'cannot read the configuration file %s: %s. Pass an existing YAML file with --config.',
  SPY_CONFIG_INVALID: 'configuration %s has %d error(s):\n%s',
  SPY_PORT_UNENCRYPTED:
    '%s listens on %s port %d without TLS. Set tls.certificates of its section, or listen on the loopback address behind a proxy that has TLS.',
  SPY_DATA_UNWRITABLE: 'cannot write to the data folder %s: %s. Choose another with --data DIR.',
  SPY_SECRETS_MISSING: 'secrets file %s does not exist: a server creates it on its first start with this data folder.',
  SPY_SECRETS_INVALID: 'secrets file %s is not valid: %s. Fix it, or delete it: the next start creates a new one with new passwords.',
  SPY_APPLICATION_FILE_INVALID: '%s is not valid:\n%s\nSee docs/how-to/deploy.md for its settings.',
  SPY_ARGUMENT_INVALID: 'invalid argument %s: %s',
} as const

export const fail = errorsOf(configErrors)
