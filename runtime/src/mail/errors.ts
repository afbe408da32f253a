import { errorsOf, SpyglassError } from '@spyglass/agent/contract'

/** Errors of mail. */
export const mailErrors = {
  SPY_MAIL_UNKNOWN:
    'the application has no mail server %s; it has: %s. Declare it under mailServers, and name it in the application (applications[].mailServers).',
  SPY_MAIL_CLOSED: 'there are no mail servers here: mail() works in an application that the server hosts, while it runs',
  SPY_MAIL_BUSY: 'mail server %s: %d mails are already waiting for a connection to %s; raise maxWaiting or max, or find out why it is slow',
  SPY_MAIL_TIMEOUT: 'mail server %s: %s did not take the mail within %d ms (timeoutMs); %s',
  SPY_MAIL_FAILED: 'mail server %s: %s did not take the mail: %s',
  SPY_MAIL_PASSWORD: 'mail server %s: cannot read its password from %s: %s',
  SPY_MAIL_OPERATION: 'mail server %s has no operation %s',
} as const

export const fail = errorsOf(mailErrors)

/** Frameworks answer 503 to an error with this status that nobody handled. */
class UnavailableError extends SpyglassError {
  readonly statusCode = 503
  readonly status = 503
}

export const unavailable = (
  code: 'SPY_MAIL_BUSY' | 'SPY_MAIL_TIMEOUT' | 'SPY_MAIL_FAILED',
  args: readonly unknown[],
  cause?: unknown,
): Error => new UnavailableError(code, mailErrors[code], args, cause)
