/** The operation that shows what something wrote to the log. */
import type { OperationDeclaration } from '@spyglass/agent/contract'

/** `whose` completes the sentence: lines of the application. */
export const logsOperation = (whose: string) =>
  ({
    description: `Shows the last lines that ${whose} wrote to the server log or, where its output has a file of its own, to that.`,
    role: 'viewer',
    impact: 'info',
    arguments: {
      lines: { type: 'int', optional: true, example: 20, description: 'How many: 0 to 1000. Default: 50.' },
    },
    result: { array: 'string' },
    follows: true,
  }) as const satisfies OperationDeclaration
