/** The operation that shows what something wrote to the log. */
import type { OperationDeclaration } from '@spyglass/agent/contract'

/** `whose` completes the sentence: lines of the application. */
export const logsOperation = (whose: string) =>
  ({
    description: `Shows the last lines that ${whose} wrote to the server log or, where its output has a file of its own, to that, also of what these were rotated to.`,
    role: 'viewer',
    impact: 'info',
    arguments: {
      since: {
        type: 'string',
        optional: true,
        example: '2h',
        description: 'Only lines from then on: `30m`, `8h`, `7d` ago, or a date such as `2026-11-26T14:05`.',
      },
      lines: { type: 'int', optional: true, example: 20, description: 'How many: 0 to 1000. Default: 50; with `since` 1000.' },
    },
    result: { array: 'string' },
    follows: true,
  }) as const satisfies OperationDeclaration
