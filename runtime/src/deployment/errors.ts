import { errorsOf } from '@spyglass/agent/contract'

/** Errors of deployment. */
export const deploymentErrors = {
  SPY_ARCHIVE_KIND: '%s is neither a folder nor an archive that can be deployed: .tgz, .tar.gz, .tar or .zip',
  SPY_ARCHIVE_BROKEN: 'the archive %s cannot be read: %s',
  SPY_ARCHIVE_ENTRY: 'the archive %s is refused: entry %s %s',
  SPY_ARCHIVE_LIMIT: 'the archive %s is refused: %s',
  SPY_DEPLOY_SOURCE: 'cannot deploy %s: %s',
  SPY_DEPLOY_NAME: '%s cannot be the name of an application: lower-case letters, digits, - and _, at most 64. Choose one with --name.',
  SPY_DEPLOY_ENTRY: 'cannot tell what to run in %s: %s',
  SPY_DEPLOY_UNWRITABLE: 'cannot keep the version in %s: %s',
  SPY_VERSION_UNKNOWN: 'application %s has no version %s; it has %s',
} as const

export const fail = errorsOf(deploymentErrors)
