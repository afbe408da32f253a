import { declareSettings } from './declaration.ts'
import { milliseconds } from './shapes.ts'

export const deploymentSettings = declareSettings({
  autoDeployFolder: {
    type: 'text',
    minLength: 1,
    description:
      'Folder in which each folder or archive is an application: put there, it runs; changed, it is a new version; removed, it is undeployed. Its name is that of the application, its path `/NAME`. `NAME.failed` says why one could not be deployed. Relative to the configuration file. Default: none.',
  },
  autoDeployIntervalMs: milliseconds(
    5000,
    'How often the auto-deploy folder is looked at. Something is deployed when two looks in a row saw it alike, so a copy that is still going on is never loaded.',
    100,
  ),
  keptVersions: {
    type: 'int',
    min: 0,
    max: 1000,
    default: 5,
    description: 'Number of versions of each application that are kept for a rollback, besides the one in use.',
  },
})
