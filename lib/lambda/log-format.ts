import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger'
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types'

/**
 * Powertools' own format without what is the same in every line of a function, and in its log group's name: ARN, memory
 * size and sampling rate are 150 bytes of each line, and CloudWatch charges by the byte.
 */
export class ShortLogFormatter extends LogFormatter {
  override formatAttributes(base: UnformattedAttributes, more: LogAttributes): LogItem {
    const { lambdaContext: context } = base
    const attributes = {
      level: base.logLevel,
      message: base.message,
      timestamp: this.formatTimestamp(base.timestamp),
      service: base.serviceName,
      cold_start: context?.coldStart,
      function_name: context?.functionName,
      function_request_id: context?.awsRequestId,
      xray_trace_id: base.xRayTraceId,
      ...more,
    }
    return new LogItem({ attributes })
  }
}
