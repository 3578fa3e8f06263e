import type { JobStanding } from '@iam/domain/job'

/** How each job fares, in the text format of Prometheus. An age above the job's alarm is the alarm. */
export function metricsOfJobs(jobs: readonly JobStanding[]): string[] {
  return [
    ...gauge('iam_job_last_success_age_seconds', jobs, ({ age }) => age),
    ...gauge('iam_job_alarm_age_seconds', jobs, ({ alarm }) => alarm),
    ...gauge('iam_job_failures_since_success', jobs, ({ failures }) => failures),
    ...gauge('iam_job_running', jobs, ({ running }) => running),
  ]
}

function gauge(name: string, jobs: readonly JobStanding[], of: (job: JobStanding) => number): string[] {
  return [`# TYPE ${name} gauge`, ...jobs.map((job) => `${name}{job="${job.name}"} ${of(job)}`)]
}
