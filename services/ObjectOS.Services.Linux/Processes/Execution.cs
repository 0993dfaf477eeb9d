using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Linux.Calls;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The way from a path to a program that can be loaded: a file is opened and read; if it is a script, its interpreter takes its place (execve(2), "Interpreter
/// scripts"); if it is a dynamic program, its dynamic linker follows. A record that can be saved: the call that holds it is run again until all is there.
/// </summary>
internal sealed class Execution
{
    /// <summary>Scripts whose interpreters are scripts (fs/exec.c).</summary>
    private const int MostScripts = 5;

    /// <summary>Bytes of a script's first line that are looked at (BINPRM_BUF_SIZE).</summary>
    private const int LongestLine = 256;

    /// <summary>Paths that are tried, in this order, until one is there; the first is the one that is being tried.</summary>
    private readonly List<PathName> _paths = [];
    private readonly List<byte[]> _prefix = [];
    private State _state;
    private int _scripts;
    private Executable? _program;
    private string _name = "";

    private enum State : byte
    {
        Opening,
        Reading,
        Done,
    }

    /// <summary>An execution of what a path names; of the first of several that is there.</summary>
    public static Execution Of(IEnumerable<PathName> paths)
    {
        var execution = new Execution();
        execution._paths.AddRange(paths);
        execution._name = execution._paths[0].Text;
        return execution;
    }

    /// <summary>An execution of a program that is there already, and whose dynamic linker is still wanted.</summary>
    public static Execution Of(Executable program, PathName interpreter)
    {
        var execution = new Execution { _program = program, _name = program.Name };
        execution._paths.Add(interpreter);
        return execution;
    }

    /// <summary>The program, once <see cref="Step"/> has ended with 0. Whoever takes it takes over its uses.</summary>
    public Executable? Program => _state == State.Done ? _program : null;

    /// <summary>What a script puts before the program's second argument, in place of the first; empty: the program is no script.</summary>
    public IReadOnlyList<byte[]> Prefix => _prefix;

    /// <summary>Why it failed, as a sentence, for a program that the host has started; empty: the error number says all.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Hands the program over.</summary>
    public Executable Take()
    {
        var taken = _program!;
        _program = null;
        return taken;
    }

    /// <summary>Gives up what it holds.</summary>
    public void End(LinuxSystem system)
    {
        _program?.Release(system);
        _program = null;
    }

    /// <summary>Goes on. 0: the program is there.</summary>
    public CallResult Step(LinuxCall call)
    {
        while (_state != State.Done)
        {
            if (_state == State.Opening)
            {
                var opened = Open(call);
                if (opened != 0L)
                {
                    if (opened.Outcome == CallOutcome.Done && _paths.Count > 1 && (opened == Errno.ENOENT || opened == Errno.EACCES || opened == Errno.ENOTDIR))
                    {
                        _paths.RemoveAt(0);
                        _name = _paths[0].Text;
                        continue;
                    }

                    return opened;
                }

                _state = _state == State.Done ? State.Done : State.Reading;
                continue;
            }

            var read = Read(call);
            if (read != 0L)
            {
                return read;
            }
        }

        return 0L;
    }

    /// <summary>Opens the file. 0: that is done, or the program that the process runs already is named.</summary>
    private CallResult Open(LinuxCall call)
    {
        var process = call.Process;
        var path = _paths[0];
        var target = ProcFiles.Find(process, path, true);
        if (_program is null && process.Executable is { } own && (path.Text == "/proc/self/exe" || target.FullPath == own.Path || path.Text == own.Path
            || (target.Node is { } node && ProcFiles.ProgramOf(process, node) == own)))
        {
            own.Hold();
            _program = own with { Name = _name };
            _state = State.Done;
            return 0L;
        }

        if (target.Error != 0)
        {
            return Missing((Errno)target.Error);
        }

        OpenFile file;
        if (target.IsHost)
        {
            if (!call.TryReply(0, out var reply))
            {
                return call.Ask(target.Grant, HostFileOperation.Open, target.HostName, (ulong)HostOpenFlags.Read);
            }

            call.ForgetReplies();
            if (reply.IsError)
            {
                return Missing((Errno)(-reply.Result));
            }

            file = OpenFile.OfHost(call, target, reply, 0);
        }
        else if (target.Node is { Kind: InodeKind.File, Tag: 0 })
        {
            file = OpenFile.Of(call, OpenFileKind.File, target, 0);
        }
        else
        {
            return target.Node is null ? Missing(Errno.ENOENT) : Errno.EACCES;
        }

        file.Hold();
        if (call.File is { } before)
        {
            call.System.Release(before);
        }

        call.File = file;
        call.Progress = 0;
        bool may = file.Inode is { } inode ? process.Credentials.May(inode, FileAccessRights.Execute) : (file.HostStatus.Mode & 0x49) != 0;
        return may && !file.IsDirectory ? 0L : Errno.EACCES;
    }

    private Errno Missing(Errno error)
    {
        Problem = _program is not null ? $"its dynamic linker {_program.Image.Interpreter} cannot be opened"
            : _scripts > 0 ? $"the interpreter {_paths[0].Text} of a script cannot be opened"
            : "";
        return error;
    }

    /// <summary>Reads the file and looks at what it is. 0: that is done.</summary>
    private CallResult Read(LinuxCall call)
    {
        var file = call.File!;
        ulong length = file.Kind == OpenFileKind.HostFile ? file.HostStatus.Size : file.Inode!.Length;
        var read = length == 0 ? Errno.ENOEXEC
            : call.Stage == Filled ? 0L
            : file.Kind == OpenFileKind.File ? FileMaps.Program(call, file.Inode!)
            : ReadFromHost(call, file, length);
        if (read != 0L)
        {
            return read;
        }

        call.Stage = Filled;
        var start = new byte[Math.Min(LongestLine, length)];
        var status = call.Block!.Memory.Read(0, start);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        return start.AsSpan().StartsWith("#!"u8) && _program is null ? TakeScript(call, file, start) : TakeProgram(call, file, length);
    }

    /// <summary>The stage of a call whose block holds the whole file.</summary>
    private const int Filled = 1;

    private static CallResult ReadFromHost(LinuxCall call, OpenFile file, ulong length)
    {
        bool isNew = call.Block is null;
        var result = FileMaps.TryBlock(call, Pages.RoundUp(length));
        return FileMaps.End(call, isNew, result != 0L ? result : FileMaps.CopyFromHost(call, file.Grant, file.Handle, 0, length));
    }

    private static void DropBlock(LinuxCall call)
    {
        if (call.Block is { Uses: 0 } block)
        {
            call.System.Discard(block);
        }

        call.Block = null;
        call.Stage = 0;
        call.ForgetReplies();
    }

    /// <summary>Puts a script's interpreter in its place: its path, at most one argument, the script's own path.</summary>
    private CallResult TakeScript(LinuxCall call, OpenFile file, byte[] start)
    {
        DropBlock(call);
        if (++_scripts > MostScripts)
        {
            return Errno.ELOOP;
        }

        int end = start.AsSpan().IndexOf((byte)'\n');
        string line = ByteText.Of(start.AsSpan(2, (end < 0 ? start.Length : end) - 2)).Trim(' ', '\t');
        int space = line.AsSpan().IndexOfAny(' ', '\t');
        string interpreter = space < 0 ? line : line[..space];
        string argument = space < 0 ? "" : line[space..].Trim(' ', '\t');
        if (interpreter.Length == 0 || (end < 0 && space < 0 && start.Length == LongestLine))
        {
            return Errno.ENOEXEC;
        }

        var rest = _prefix.Skip(1).ToList();
        _prefix.Clear();
        _prefix.Add(ByteText.ToBytes(interpreter));
        if (argument.Length > 0)
        {
            _prefix.Add(ByteText.ToBytes(argument));
        }

        _prefix.Add(ByteText.ToBytes(_paths[0].Text));
        _prefix.AddRange(rest);
        _paths.Clear();
        _paths.Add(new PathName(call.Process.WorkingDirectory, interpreter));
        _state = State.Opening;
        return 0L;
    }

    private CallResult TakeProgram(LinuxCall call, OpenFile file, ulong length)
    {
        ulong loadBase = _program is null ? ElfImage.PositionIndependentBase : ElfImage.InterpreterBase;
        var status = ElfImage.Parse(call.Block!.Memory, length, out var image, out string problem, loadBase);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        if (image is null || (_program is not null && image.Interpreter.Length > 0))
        {
            Problem = image is null ? problem : $"its dynamic linker {file.Path} needs one itself";
            call.System.Log(call.Job, $"execve {file.Path}: {Problem}");
            return _program is null ? Errno.ENOEXEC : Errno.ELIBBAD;
        }

        var block = call.Block!;
        block.Uses++;
        block.IsProgram = block.Inode is not null;
        DropBlock(call);
        var found = new Executable(block, length, file.Path, image);
        if (_program is null && image.Interpreter.Length > 0)
        {
            _program = found with { Name = _name };
            _paths.Clear();
            _paths.Add(new PathName(call.Process.WorkingDirectory, image.Interpreter));
            _state = State.Opening;
            return 0L;
        }

        _program = _program is null ? found with { Name = _name } : _program with { Interpreter = found };
        _state = State.Done;
        return 0L;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write((byte)_state);
        writer.Write(_scripts);
        writer.Write(_name);
        writer.Write(Problem);
        writer.Write(_paths.Count);
        _paths.ForEach(path => path.Save(writer));
        Job.Write(writer, [.. _prefix]);
        LinuxSystem.SaveExecutable(writer, _program);
    }

    public static Execution Restore(BinaryReader reader, Job job)
    {
        var execution = new Execution { _state = (State)reader.ReadByte(), _scripts = reader.ReadInt32(), _name = reader.ReadString(), Problem = reader.ReadString() };
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            execution._paths.Add(PathName.Restore(reader, job.Inodes));
        }

        execution._prefix.AddRange(Job.ReadTexts(reader));
        execution._program = job.System.RestoreExecutable(reader);
        return execution;
    }

    /// <summary>The directories that its paths start from.</summary>
    public IEnumerable<Inode> Starts => _paths.Select(path => path.Start.Directory);
}
