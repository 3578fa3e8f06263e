export { listJobs, type JobStanding } from './list-jobs.ts'
export {
  beginRun,
  deadWorkers,
  deleteOldRuns,
  dismissWorkers,
  endDeadRuns,
  endRun,
  findRuns,
  keepWorkersAlive,
  registerJobs,
  type JobRun,
  type KnownJob,
  type NewRun,
} from './queries.ts'
