export type { Added } from './job.ts'
export type { Job, JobHandler } from './job-runner.ts'
export { type AddOptions, Jobs, type RepeatOptions } from './jobs.ts'
export { jobType } from './job-type.ts'
