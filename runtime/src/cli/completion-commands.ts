/** The commands for completion in shells. */
import type { CommandDeclaration } from './command-declaration.ts'

export const completionCommands: readonly CommandDeclaration[] = [
  {
    name: 'completion',
    arguments: 'SHELL',
    summary: 'Prints the completion script for bash or zsh.',
    options: {},
    completes: 'shells',
    examples: ['source <(spyglass completion bash)', 'spyglass completion zsh > "${fpath[1]}/_spyglass"'],
  },
  {
    name: 'complete',
    arguments: '[WORD…]',
    summary: 'Prints what the last of the words after `spyglass` may become; for the completion scripts.',
    options: { data: { value: 'DIR', description: 'Data folder of the server.', completes: 'folder' } },
    isInternal: true,
    examples: ['spyglass complete -- get instance.'],
  },
]
