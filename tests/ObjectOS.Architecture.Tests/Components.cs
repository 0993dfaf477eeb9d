namespace ObjectOS.Tests.Architecture;

/// <summary>Strongly connected components of a graph, by Tarjan's algorithm.</summary>
internal sealed class Components<T> where T : notnull
{
    private readonly IReadOnlyDictionary<T, HashSet<T>> _graph;
    private readonly Dictionary<T, int> _index = [];
    private readonly Dictionary<T, int> _low = [];
    private readonly Stack<T> _open = [];
    private readonly HashSet<T> _isOpen = [];

    public Components(IReadOnlyDictionary<T, HashSet<T>> graph)
    {
        _graph = graph;
        foreach (var node in graph.Keys.Where(n => !_index.ContainsKey(n)))
        {
            Visit(node);
        }
    }

    public List<List<T>> Found { get; } = [];

    private void Visit(T node)
    {
        _index[node] = _low[node] = _index.Count;
        _open.Push(node);
        _isOpen.Add(node);
        foreach (var next in _graph[node])
        {
            if (!_index.TryGetValue(next, out int index))
            {
                Visit(next);
                _low[node] = Math.Min(_low[node], _low[next]);
            }
            else if (_isOpen.Contains(next))
            {
                _low[node] = Math.Min(_low[node], index);
            }
        }

        if (_low[node] == _index[node])
        {
            Close(node);
        }
    }

    private void Close(T root)
    {
        List<T> component = [];
        do
        {
            component.Add(_open.Pop());
            _isOpen.Remove(component[^1]);
        }
        while (!component[^1].Equals(root));
        Found.Add(component);
    }
}
