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
  install: {
    type: 'boolean',
    default: false,
    description:
      'Whether a deployment installs packages by the package-lock.json of the application (`npm ci`), unless the application says otherwise.',
  },
  installScripts: {
    type: 'boolean',
    default: false,
    description:
      'Whether install scripts of packages may run, as the user of the server or, with the isolation `user`, of the application, unless the application says otherwise.',
  },
  installTimeoutMs: milliseconds(300_000, 'How long an installation may take; then it is ended, and the deployment fails.', 1000),
  maxUploadBytes: {
    type: 'int',
    min: 1,
    max: 2_147_483_648,
    default: 268_435_456,
    unit: 'By',
    description: 'Maximum size of an archive that is deployed over HTTP.',
  },
  maxArchiveEntries: {
    type: 'int',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    unit: '{entry}',
    applies: 'live',
    description: 'Maximum number of files, folders and links in an archive that is deployed.',
  },
  maxUnpackedBytes: {
    type: 'int',
    min: 1,
    max: 1_099_511_627_776,
    default: 2_147_483_648,
    unit: 'By',
    applies: 'live',
    description: 'Maximum size of all files of an archive together, unpacked.',
  },
  maxCompressionRatio: {
    type: 'int',
    min: 1,
    max: 100_000,
    default: 200,
    applies: 'live',
    description:
      'How many bytes an archive may unpack to for each byte of its own; judged once more than 16 MiB are unpacked. Program code has a ratio of 3 to 10.',
  },
  keptVersions: {
    type: 'int',
    min: 0,
    max: 1000,
    default: 5,
    description: 'Number of versions of each application that are kept for a rollback, besides the one in use.',
  },
})
