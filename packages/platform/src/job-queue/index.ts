export { JobQueue, type JobRequest } from './job-queue.ts'
export { nextTick } from './next-tick.ts'
export { startJobRunner, type JobCall, type JobRunner, type ScheduledTask } from './start-job-runner.ts'
