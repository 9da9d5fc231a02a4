namespace CptsFhirHub.Server.Flows;

/// <summary>What the flows log: ids, names of types and counts, never a word of a message.</summary>
internal static partial class FlowLog
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "The walk of message {MessageId} failed with {Fault}.")]
    public static partial void WalkFailed(ILogger logger, string messageId, string fault);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "The walk of message {MessageId} was overtaken {Attempts} times.")]
    public static partial void WalkOvertaken(ILogger logger, string messageId, int attempts);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "{Count} messages left unfinished are resumed.")]
    public static partial void Resuming(ILogger logger, int count);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "Cohort {GroupId}: {Members} members, {Changed} changed state.")]
    public static partial void Reconciled(ILogger logger, string groupId, int members, int changed);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error, Message = "The job {Job} failed with {Fault}.")]
    public static partial void JobFailed(ILogger logger, string job, string fault);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Information, Message = "Definitions of {Tenant}: {Count} published.")]
    public static partial void Published(ILogger logger, string tenant, int count);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Error, Message = "Message {MessageId} could not be resumed: {Fault}.")]
    public static partial void ResumeFailed(ILogger logger, string messageId, string fault);

    [LoggerMessage(EventId = 3008, Level = LogLevel.Error, Message = "Message {MessageId} is set aside for a person.")]
    public static partial void SetAside(ILogger logger, string messageId);

    [LoggerMessage(EventId = 3009, Level = LogLevel.Warning, Message = "The source {Source} of {Tenant} has fallen silent.")]
    public static partial void SourceSilent(ILogger logger, string source, string tenant);

    [LoggerMessage(EventId = 3010, Level = LogLevel.Information, Message = "The source {Source} of {Tenant} speaks again.")]
    public static partial void SourceBack(ILogger logger, string source, string tenant);
}
