import { errorsOf } from '@spyglass/agent/contract'

/** Errors of deployment. */
export const deploymentErrors = {
  SPY_ARCHIVE_KIND: '%s is neither a folder nor an archive that can be deployed: .tgz, .tar.gz, .tar or .zip',
  SPY_ARCHIVE_BROKEN:
    'the archive %s cannot be read: %s. Pack the folder of the application again (`npm pack`, `tar -czf NAME.tgz`, `zip -r NAME.zip`) and deploy that.',
  SPY_ARCHIVE_ENTRY: 'the archive %s is refused: entry %s %s.',
  SPY_ARCHIVE_LIMIT: 'the archive %s is refused: it %s. Leave out what the application does not need, or raise deployment.%s.',
  SPY_DEPLOY_SOURCE: 'cannot deploy %s: %s',
  SPY_DEPLOY_NAME: '%s cannot be the name of an application: lower-case letters, digits, - and _, at most 64. Choose one with --name.',
  SPY_DEPLOY_UNWRITABLE: 'cannot keep the version in %s: %s',
  SPY_INSTALL_NO_LOCK:
    'cannot install the packages of %s: there is no package-lock.json. Make one with `npm install --package-lock-only`, or deploy the application with its node_modules and without --install.',
  SPY_INSTALL_MANAGER:
    'cannot install the packages of %s: it has %s, the lock file of %s, and only npm is supported here. Deploy it with its node_modules and without --install, or add a package-lock.json.',
  SPY_INSTALL_NO_NPM: 'cannot install packages: there is no npm in the PATH of the server. Install npm, or deploy without --install.',
  SPY_INSTALL_FAILED: 'npm could not install the packages of %s; it ended with %s. Its last lines:\n%s',
  SPY_INSTALL_TIMEOUT:
    'npm did not install the packages of %s within %d ms (deployment.installTimeoutMs) and was ended. Its last lines:\n%s',
  SPY_VERSION_UNKNOWN: 'application %s has no version %s; it has %s',
} as const

export const fail = errorsOf(deploymentErrors)
