import type { TelemetrySettings } from './settings.ts'
import type { Recorder } from './tracer.ts'

/** Who tells, by OpenTelemetry's names. @param instance tells this process from all others. */
export function resourceOf(
  { serviceName, resource }: TelemetrySettings,
  { service, region, env }: Recorder,
  instance: string,
): Record<string, string> {
  return {
    'service.namespace': 'iam',
    'service.name': serviceName ?? service,
    'service.instance.id': instance,
    'cloud.region': region,
    'deployment.environment.name': env,
    ...resource,
  }
}
