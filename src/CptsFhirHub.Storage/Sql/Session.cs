namespace CptsFhirHub.Storage.Sql;

/// <summary>One connection with its prepared commands. Used by one thread at a time.</summary>
internal abstract class Session : IDisposable
{
    /// <summary>True for the one connection of this process that changes the database; it alone sees rows before they are committed.</summary>
    public abstract bool IsWriter { get; }

    /// <summary>True when the connection is lost: another must be opened.</summary>
    public abstract bool IsBroken { get; }

    /// <summary>True when other processes write to the same database: what was known before a transaction may have changed.</summary>
    public abstract bool OthersMayWrite { get; }

    /// <summary>Look-up keys that are not in the database's tree yet; null where they all are.</summary>
    public virtual FreshKeys? Fresh => null;

    /// <summary>The command for that SQL, prepared once and ready to be bound. See <see cref="Dialect"/> for how SQL is written.</summary>
    public abstract Statement Get(string sql);

    /// <summary>
    /// Takes away the rows of a resource but for those that stay, together with those of other resources; false where that is to be done one
    /// resource at a time.
    /// </summary>
    public virtual bool TryRemove(RowRemoval removal, long rid, List<IReadOnlyList<object?>> staying) => false;

    /// <summary>How often what waited was sent: what waits now is compared with itself alone.</summary>
    public virtual int Flights => 0;

    /// <summary>True when questions that are known beforehand are worth asking together.</summary>
    public virtual bool CanForesee => false;

    /// <summary>
    /// Asks together what will be asked: <paramref name="ask"/> reads as it will later. A question whose answer is not here yet is noted and
    /// finds nothing; all of them are then sent at once, and answered from memory when they come again. Every question tells before what its
    /// answer rests on: see <see cref="RestsOn"/>.
    /// </summary>
    public virtual void Foresee(Action ask)
    {
        // Asking at once costs as little.
    }

    /// <summary>Inside <see cref="Foresee"/>: what the answers to the questions that follow rest on.</summary>
    public virtual void RestsOn(Touched what)
    {
        // Nothing is kept.
    }

    /// <summary>Something is written: answers that rest on it are forgotten, and asked for anew.</summary>
    public virtual void Outdate(Touched what)
    {
        // Nothing is kept.
    }

    /// <summary>
    /// The question for the number of a row that is not written yet, one for each <paramref name="asker"/>; null where the database tells it with the row.
    /// </summary>
    public virtual Statement? NextNumber(string table, long asker) => null;

    /// <summary>Forgets all answers.</summary>
    public virtual void OutdateAll()
    {
        // Nothing is kept.
    }

    /// <summary>Runs SQL that has no parameters, several commands if need be.</summary>
    public abstract void Execute(string sql);

    public long? Scalar(string sql) => Get(sql).Scalar();

    /// <summary>Begins a transaction that sees one moment and changes nothing.</summary>
    public abstract void BeginReading();

    /// <summary>Ends it.</summary>
    public abstract void EndReading();

    /// <summary>The next question is the last of this reading: its end may travel with it. What is asked all the same sees a moment of its own.</summary>
    public virtual void EndReadingWithNext()
    {
        // To end it costs nothing.
    }

    /// <summary>The question that was to be the last was not: what is asked from now on sees one moment again, a later one.</summary>
    public virtual void ReadOn()
    {
        // Its end has not been sent.
    }

    /// <summary>Begins the only transaction that writes: another process's ends first.</summary>
    public abstract void BeginWriting();

    /// <summary>
    /// True when a transaction that asks nothing can be written down while another is under way, and then sent whole: see <see cref="BeginFlight"/>,
    /// <see cref="Seal"/> and <see cref="Fly"/>.
    /// </summary>
    public virtual bool CanFly => false;

    /// <summary>True when so much is written down that no more should be.</summary>
    public virtual bool IsFull => false;

    /// <summary>Begins to write down a transaction; a question fails from now on.</summary>
    /// <param name="version">The key of the last version there is. The transaction fails when another process has written one meanwhile.</param>
    public virtual void BeginFlight(long version) => throw new NotSupportedException();

    /// <summary>What was written down is ready to be sent; another may be begun.</summary>
    public virtual void Seal() => throw new NotSupportedException();

    /// <summary>Sends it; durable when this returns.</summary>
    public virtual void Fly() => throw new NotSupportedException();

    /// <summary>A resource was created under an id that nobody else gives: it is there if and only if its transaction was committed.</summary>
    public virtual void Created(long tenant, long type, string id)
    {
        // Every commit is answered.
    }

    /// <summary>What was written is durable when this returns.</summary>
    public abstract void Commit();

    /// <summary>Undoes the transaction if there is one; does not throw.</summary>
    public abstract void RollBack();

    /// <summary>Keeps the number of prepared commands in bounds. Between uses only: it may drop any of them.</summary>
    public abstract void Trim();

    /// <summary>Stops what the connection is doing; the one call allowed from another thread.</summary>
    public abstract void Interrupt();

    /// <summary>What is left to do before the last writer of a database closes.</summary>
    public abstract void TidyUp();

    public abstract void Dispose();
}
