import { join } from 'node:path'
import { AccessLogs, type AccessLogsOptions } from '../../runtime/src/access-log/index.ts'

/** Access logs in a folder, as JSON: `<folder>/NAME.log`. */
export function accessLogsIn(folder: string, { instance, logger }: Pick<AccessLogsOptions, 'instance' | 'logger'>): AccessLogs {
  const configOf: AccessLogsOptions['configOf'] = (application) => ({
    enabled: true,
    format: 'json',
    to: 'file',
    file: join(folder, `${application}.log`),
  })
  return new AccessLogs({ configOf, instance, logger })
}
