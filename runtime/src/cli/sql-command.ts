import type { CommandDeclaration } from './command-declaration.ts'

/** `server`: the options that name the server and the process. */
export const sqlCommand = (server: CommandDeclaration['options']): CommandDeclaration => ({
  name: 'sql',
  arguments: 'NAME STATEMENT',
  summary: 'Runs a statement on a datasource, by default one that only reads, and shows at most 200 rows.',
  options: {
    ...server,
    member: { value: 'MEMBER', description: 'Member of the datasource. Default: the one for writes.' },
    all: { description: 'Runs it on each member.' },
    write: { description: 'Also a statement that changes something; for administrators.' },
    reason: { value: 'TEXT', description: 'Why; it is kept in the history.' },
  },
  isForServer: true,
  examples: ["spyglass sql shop 'SELECT count(*) FROM orders' --all"],
})
