import { declareSettings } from './declaration.ts'

const format = { type: 'choice', values: ['json', 'common', 'combined', 'pattern'] } as const
const pattern = { type: 'text', minLength: 1 } as const

const destination = { type: 'choice', values: ['file', 'output'] } as const

/** What an application sets for its own access log. */
export const ownAccessLogSettings = declareSettings({
  enabled: { type: 'boolean', description: 'Whether its requests are logged. Default: `logs.access.enabled`.' },
  format: { ...format, description: 'Format of its lines. Default: `logs.access.format`.' },
  pattern: { ...pattern, description: 'Pattern of its lines. Default: `logs.access.pattern`.' },
  to: { ...destination, description: 'file, or output: where the output of its process goes. Default: `logs.access.to`.' },
  file: {
    type: 'text',
    applies: 'reload',
    checks: [{ is: /\.log$/, allowed: 'a path that ends with .log' }],
    description: 'File of its access log, relative to the configuration file. Default: `access/NAME.log` in the folder of the logs.',
  },
})

export const logSettings = declareSettings({
  level: {
    type: 'choice',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    applies: 'live',
    description: 'Level of the server log.',
  },
  levels: {
    type: 'map',
    default: {},
    applies: 'live',
    description:
      'Levels of single loggers: the name of a process, of a component (`pool`), of both (`collector.wal`), or of an application, and a level.',
  },
  folder: {
    type: 'text',
    minLength: 1,
    description: 'Folder of the logs, relative to the configuration file. Default: `logs` in the data folder.',
  },
  output: {
    type: 'choice',
    values: ['file', 'console', 'both'],
    default: 'file',
    description: 'Where the server log goes: the file `server.log`, standard output of `spyglass up` (for containers), or both.',
  },
  access: {
    type: 'section',
    description: 'The access logs, one for each application, which may have settings of its own (`applications[].accessLog`).',
    applies: 'live',
    readBy: ['instances'],
    settings: {
      enabled: { type: 'boolean', default: true, description: 'Whether requests are logged.' },
      format: { ...format, default: 'json', description: 'json, common and combined (Apache), or your own pattern.' },
      pattern: { ...pattern, description: 'Pattern of the lines, as for the AccessLogValve of Tomcat.' },
      to: {
        ...destination,
        default: 'file',
        description:
          'file: each application has a file, `access/NAME.log`. output: the lines go where the output of the process goes, which is the server log unless `applications[].output` says otherwise.',
      },
    },
  },
  rotation: {
    type: 'section',
    description: 'Rotation of all logs.',
    applies: 'live',
    readBy: ['management'],
    settings: {
      maxBytes: {
        type: 'int',
        min: 0,
        default: 104_857_600,
        unit: 'By',
        description: 'Size at which a log is renamed to `NAME.log-TIME` and a new one begins. 0 switches it off.',
      },
      daily: { type: 'boolean', default: true, description: 'Whether a new file begins with each day (local time).' },
      compress: { type: 'boolean', default: true, description: 'Whether rotated files are compressed (gzip).' },
      keepFiles: { type: 'int', min: 0, max: 10_000, default: 60, description: 'Number of rotated files kept of each log. 0: no limit.' },
      keepDays: { type: 'int', min: 0, max: 3650, default: 30, unit: 'd', description: 'Days that rotated files are kept. 0: no limit.' },
    },
  },
})
