using System.Diagnostics;
using CptsFhirHub.Storage.Sql;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>Questions that were asked before they were needed, with their answers and what these rest on.</summary>
internal sealed class ForeseenAnswers
{
    /// <summary>Questions of one flight; those beyond are asked when they come.</summary>
    private const int AskedMax = 4_096;

    private static readonly List<object?[]> NotYet = [];

    private readonly Dictionary<Question, List<object?[]>> _answers = [];
    private readonly Dictionary<Touched, List<Question>> _resting = [];
    private readonly List<(Question Question, Touched On)> _asked = [];
    private readonly HashSet<Question> _isAsked = [];
    private Touched? _on;
    private bool _isAsking;

    /// <summary>True when questions may be answered or noted here.</summary>
    public bool IsUsed => _isAsking || _answers.Count > 0;

    public void Begin() => (_isAsking, _on) = (true, null);

    public void RestsOn(Touched what) => _on = what;

    /// <summary>The answer; while asking, none yet for a question that is noted. Null: the question is to be asked now.</summary>
    public List<object?[]>? Find(PostgresStatement statement, List<BoundValue> values)
    {
        var question = new Question(statement.Sql, values);
        if (_answers.TryGetValue(question, out var rows))
            return rows;
        if (!_isAsking)
            return null;
        if (_asked.Count < AskedMax && !_isAsked.Contains(question))
        {
            question = question with { Values = [.. values] };
            _asked.Add((question, _on ?? throw new UnreachableException("What an answer rests on was not told.")));
            _isAsked.Add(question);
        }

        return NotYet;
    }

    /// <summary>Ends the asking; the questions that were noted, as commands.</summary>
    public List<NpgsqlBatchCommand> End()
    {
        _isAsking = false;
        return _asked.ConvertAll(static asked => asked.Question.Command());
    }

    /// <summary>Takes the answers, one result after the other. The first is the one that stands.</summary>
    public void Read(NpgsqlDataReader reader)
    {
        foreach (var (question, on) in _asked)
        {
            var rows = new List<object?[]>();
            while (reader.Read())
            {
                var row = new object?[reader.FieldCount];
                for (var column = 0; column < row.Length; column++)
                    row[column] = reader.IsDBNull(column) ? null : reader.GetValue(column);
                rows.Add(row);
            }

            reader.NextResult();
            _answers[question] = rows;
            Rest(question, on);
            if (on.Kind != TouchedKind.Code)
                continue;
            foreach (var row in rows)
                if (row[0] is long rid)
                    Rest(question, new(TouchedKind.Row, rid));
        }

        _asked.Clear();
        _isAsked.Clear();
    }

    public void Outdate(Touched what)
    {
        if (_answers.Count == 0 || !_resting.Remove(what, out var questions))
            return;
        foreach (var question in questions)
            _answers.Remove(question);
    }

    public void Clear()
    {
        _isAsking = false;
        _answers.Clear();
        _resting.Clear();
        _asked.Clear();
        _isAsked.Clear();
    }

    private void Rest(Question question, Touched on)
    {
        if (!_resting.TryGetValue(on, out var questions))
            _resting[on] = questions = [];
        questions.Add(question);
    }

    /// <summary>A command with its values; equal to another that asks the same.</summary>
    private readonly record struct Question(string Sql, List<BoundValue> Values)
    {
        public NpgsqlBatchCommand Command()
        {
            var command = new NpgsqlBatchCommand(Sql);
            foreach (var value in Values)
                command.Parameters.Add(value.Parameter(used: null));
            return command;
        }

        public bool Equals(Question other)
        {
            if (Values.Count != other.Values.Count || !SqlTexts.Instance.Equals(Sql, other.Sql))
                return false;
            for (var i = 0; i < Values.Count; i++)
                if (!Values[i].IsSame(other.Values[i]))
                    return false;
            return true;
        }

        public override int GetHashCode()
        {
            var code = new HashCode();
            code.Add(SqlTexts.Instance.GetHashCode(Sql));
            foreach (var value in Values)
                value.AddTo(ref code);
            return code.ToHashCode();
        }
    }
}
