/** `node --require …`: guards the output before anything else writes, in worker threads too. */
import { guardOutput } from './guard-output.ts'

guardOutput(process.env['SPYGLASS_PROCESS'] ?? 'application')
