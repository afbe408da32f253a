/** What was refused in place of the applications, and why. */
import { count } from './format.ts'
import { nothing } from './parts.ts'
import { type RefusalRow, refusalText } from './refusals.ts'
import { createTable, type Table } from './table.ts'

export function refusalTable(): Table<RefusalRow> {
  return createTable<RefusalRow>({
    caption: 'Requests refused since the start of their instance',
    rowKey: ({ application, instance, reason }) => `${application} ${instance} ${reason}`,
    columns: [
      { key: 'application', label: 'Application', cell: ({ application }) => application },
      { key: 'instance', label: 'Instance', cell: ({ instance }) => instance },
      { key: 'reason', label: 'Reason', cell: ({ reason }) => refusalText(reason) },
      { key: 'type', label: 'error.type', cell: ({ reason }) => reason },
      { key: 'refused', label: 'Refused', cell: (row) => count(row.count), class: 'number' },
    ],
    empty: () =>
      nothing('Nothing was refused.', 'Requests are refused by admission, rate limits, queues and locks of keys. None was needed so far.'),
  })
}
