using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>A piece of work for the <see cref="Writer"/>, and who waits for it.</summary>
internal abstract class Work(bool canStop)
{
    /// <summary>Nothing to do: it wakes the writer.</summary>
    public static Work Wake { get; } = new Waking();

    public bool CanStop { get; } = canStop;

    public Func<Session, Symbols, bool>? Foresee { get; init; }

    public abstract bool IsCancelled();

    public abstract void Run(WriteScope scope);

    public abstract void Complete();

    public abstract void Fail(Exception failure);

    private sealed class Waking() : Work(canStop: false)
    {
        public override bool IsCancelled() => true;

        public override void Run(WriteScope scope)
        {
            // Nothing.
        }

        public override void Complete()
        {
            // Nobody waits.
        }

        public override void Fail(Exception failure)
        {
            // Nobody waits.
        }
    }
}

internal sealed class Work<T>(Func<WriteScope, T> run, bool canStop, CancellationToken cancellationToken) : Work(canStop)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;
    private Action? _afterwards;

    public Task<T> Done => _done.Task;

    public override bool IsCancelled() => cancellationToken.IsCancellationRequested && _done.TrySetCanceled(cancellationToken);

    public override void Run(WriteScope scope)
    {
        _result = run(scope);
        _afterwards = scope.Afterwards;
    }

    public override void Complete()
    {
        _afterwards?.Invoke();
        _done.TrySetResult(_result);
    }

    public override void Fail(Exception failure) => _done.TrySetException(failure);
}
