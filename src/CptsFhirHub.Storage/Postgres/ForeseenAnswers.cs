using System.Diagnostics;
using CptsFhirHub.Storage.Sql;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>Questions that were asked before they were needed, with their answers and what these rest on.</summary>
/// <param name="togetherFrom">So many questions of one kind become one command: to begin and end a command costs more than most of its answers.</param>
internal sealed class ForeseenAnswers(int togetherFrom)
{
    /// <summary>Questions of one flight; those beyond are asked when they come.</summary>
    private const int AskedMax = 4_096;

    private const int SpelledMax = 256;

    private static readonly List<object?[]> NotYet = [];

    private readonly Dictionary<Question, List<object?[]>> _answers = [];
    private readonly Dictionary<Touched, List<Question>> _resting = [];
    private readonly List<(Question Question, Touched On)> _asked = [];
    private readonly HashSet<Question> _isAsked = [];

    /// <summary>The questions of each command that is under way, in its order.</summary>
    private readonly List<List<(Question Question, Touched On)>> _sent = [];

    /// <summary>How questions of one kind are spelled as one.</summary>
    private readonly Dictionary<string, string> _spelled = new(SqlTexts.Instance);
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
        var commands = new List<NpgsqlBatchCommand>();
        foreach (var kind in _asked.GroupBy(static asked => asked.Question.Sql, SqlTexts.Instance))
        {
            var asked = kind.ToList();
            if (asked.Count >= togetherFrom && asked[0].Question.Values.Count > 0)
            {
                commands.Add(Together([.. asked.Select(static one => one.Question)]));
                _sent.Add(asked);
                continue;
            }

            foreach (var one in asked)
            {
                commands.Add(one.Question.Command());
                _sent.Add([one]);
            }
        }

        _asked.Clear();
        _isAsked.Clear();
        return commands;
    }

    /// <summary>Takes the answers, one result after the other. The first is the one that stands.</summary>
    public void Read(NpgsqlDataReader reader)
    {
        foreach (var asked in _sent)
        {
            var answers = asked.ConvertAll(static _ => new List<object?[]>());
            var first = asked.Count > 1 ? 1 : 0;
            while (reader.Read())
            {
                var row = new object?[reader.FieldCount - first];
                for (var column = 0; column < row.Length; column++)
                    row[column] = reader.IsDBNull(column + first) ? null : reader.GetValue(column + first);
                answers[first == 0 ? 0 : (int)reader.GetInt64(0) - 1].Add(row);
            }

            reader.NextResult();
            foreach (var ((question, on), rows) in asked.Zip(answers))
                Take(question, on, rows);
        }

        _sent.Clear();
    }

    private void Take(Question question, Touched on, List<object?[]> rows)
    {
        _answers[question] = rows;
        Rest(question, on);
        foreach (var row in rows)
            if (on.Kind == TouchedKind.Code && row[0] is long rid)
                Rest(question, new(TouchedKind.Row, rid));
            else if (on.Kind == TouchedKind.First && row[1] is string id)
                Rest(question, new(TouchedKind.Message, 0, id));
    }

    /// <summary>Questions of one kind as one command, whose rows tell first which of them they answer.</summary>
    private NpgsqlBatchCommand Together(List<Question> questions)
    {
        var sql = questions[0].Sql;
        if (!_spelled.TryGetValue(sql, out var many))
        {
            if (_spelled.Count >= SpelledMax)
                _spelled.Clear();
            _spelled[sql] = many = Spelling.OfManyQuestions(sql, questions[0].Values.Count);
        }

        var values = new RowBatch(many);
        foreach (var question in questions)
            values.Add(question.Values);
        return values.Take();
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
        _sent.Clear();
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
