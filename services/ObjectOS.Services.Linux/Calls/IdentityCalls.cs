using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Users and groups of a process. Nothing of them reaches the host.</summary>
internal static class IdentityCalls
{
    private const uint Same = uint.MaxValue;

    public static CallResult UserId(LinuxCall call) => call.Process.Identity.Real.User;

    public static CallResult EffectiveUserId(LinuxCall call) => call.Process.Identity.Effective.User;

    public static CallResult GroupId(LinuxCall call) => call.Process.Identity.Real.Group;

    public static CallResult EffectiveGroupId(LinuxCall call) => call.Process.Identity.Effective.Group;

    /// <summary>setuid: the superuser changes all of them, others take one that they have (setuid(2)).</summary>
    public static CallResult SetUser(LinuxCall call)
    {
        uint user = (uint)call[0];
        var old = call.Process.Identity;
        return user == Same ? Errno.EINVAL
            : old.IsSuperuser ? Commit(call, WithUsers(old, user, user, user))
            : user == old.Real.User || user == old.Saved.User ? Commit(call, WithUsers(old, old.Real.User, user, old.Saved.User))
            : Errno.EPERM;
    }

    public static CallResult SetGroup(LinuxCall call)
    {
        uint group = (uint)call[0];
        var old = call.Process.Identity;
        return group == Same ? Errno.EINVAL
            : old.IsSuperuser ? Commit(call, WithGroups(old, group, group, group))
            : group == old.Real.Group || group == old.Saved.Group ? Commit(call, WithGroups(old, old.Real.Group, group, old.Saved.Group))
            : Errno.EPERM;
    }

    /// <summary>setreuid: a new real user, or an effective one that was not the real one, is saved, too (setreuid(2)).</summary>
    public static CallResult SetRealUser(LinuxCall call)
    {
        var old = call.Process.Identity;
        var (real, effective) = ((uint)call[0], (uint)call[1]);
        if (!old.IsSuperuser && ((real != Same && real != old.Real.User && real != old.Effective.User)
            || (effective != Same && effective != old.Real.User && effective != old.Effective.User && effective != old.Saved.User)))
        {
            return Errno.EPERM;
        }

        uint acts = effective == Same ? old.Effective.User : effective;
        bool saves = real != Same || (effective != Same && effective != old.Real.User);
        return Commit(call, WithUsers(old, real == Same ? old.Real.User : real, acts, saves ? acts : old.Saved.User));
    }

    public static CallResult SetRealGroup(LinuxCall call)
    {
        var old = call.Process.Identity;
        var (real, effective) = ((uint)call[0], (uint)call[1]);
        if (!old.IsSuperuser && ((real != Same && real != old.Real.Group && real != old.Effective.Group)
            || (effective != Same && effective != old.Real.Group && effective != old.Effective.Group && effective != old.Saved.Group)))
        {
            return Errno.EPERM;
        }

        uint acts = effective == Same ? old.Effective.Group : effective;
        bool saves = real != Same || (effective != Same && effective != old.Real.Group);
        return Commit(call, WithGroups(old, real == Same ? old.Real.Group : real, acts, saves ? acts : old.Saved.Group));
    }

    public static CallResult SetAllUsers(LinuxCall call)
    {
        var old = call.Process.Identity;
        uint[] has = [old.Real.User, old.Effective.User, old.Saved.User];
        return TryChoose(call, old.IsSuperuser, has, out uint[] users) ? Commit(call, WithUsers(old, users[0], users[1], users[2])) : Errno.EPERM;
    }

    public static CallResult SetAllGroups(LinuxCall call)
    {
        var old = call.Process.Identity;
        uint[] has = [old.Real.Group, old.Effective.Group, old.Saved.Group];
        return TryChoose(call, old.IsSuperuser, has, out uint[] groups) ? Commit(call, WithGroups(old, groups[0], groups[1], groups[2])) : Errno.EPERM;
    }

    private static bool TryChoose(LinuxCall call, bool isSuperuser, uint[] has, out uint[] chosen)
    {
        chosen = new uint[3];
        for (int i = 0; i < chosen.Length; i++)
        {
            uint wanted = (uint)call[i];
            if (!isSuperuser && wanted != Same && !has.Contains(wanted))
            {
                return false;
            }

            chosen[i] = wanted == Same ? has[i] : wanted;
        }

        return true;
    }

    public static CallResult GetAllUsers(LinuxCall call)
    {
        var identity = call.Process.Identity;
        return Tell(call, identity.Real.User, identity.Effective.User, identity.Saved.User);
    }

    public static CallResult GetAllGroups(LinuxCall call)
    {
        var identity = call.Process.Identity;
        return Tell(call, identity.Real.Group, identity.Effective.Group, identity.Saved.Group);
    }

    private static CallResult Tell(LinuxCall call, params ReadOnlySpan<uint> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!call.TryPrepare(call[i], sizeof(uint)))
            {
                return call.Failure;
            }
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            call.Write(call[i], BitConverter.GetBytes(numbers[i]));
        }

        return 0L;
    }

    /// <summary>setfsuid: the answer is the old one, whether it is changed or not.</summary>
    public static CallResult SetFilesUser(LinuxCall call)
    {
        var old = call.Process.Identity;
        uint user = (uint)call[0];
        if (old.IsSuperuser || user == old.Real.User || user == old.Effective.User || user == old.Saved.User || user == old.Files.User)
        {
            call.Process.Identity = user == Same ? old : old with { Files = old.Files with { User = user } };
        }

        return old.Files.User;
    }

    public static CallResult SetFilesGroup(LinuxCall call)
    {
        var old = call.Process.Identity;
        uint group = (uint)call[0];
        if (old.IsSuperuser || group == old.Real.Group || group == old.Effective.Group || group == old.Saved.Group || group == old.Files.Group)
        {
            call.Process.Identity = group == Same ? old : old with { Files = old.Files with { Group = group } };
        }

        return old.Files.Group;
    }

    public static CallResult GetGroups(LinuxCall call)
    {
        var groups = call.Process.Identity.Groups;
        if (call.Int(0) < 0 || (call.Int(0) > 0 && call.Int(0) < groups.Count))
        {
            return Errno.EINVAL;
        }

        var bytes = new byte[groups.Count * sizeof(uint)];
        for (int i = 0; i < groups.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), groups[i]);
        }

        return call.Int(0) == 0 || call.TryWrite(call[1], bytes) ? groups.Count : call.Failure;
    }

    public static CallResult SetGroups(LinuxCall call)
    {
        const int MostGroups = 1024; // Fewer than in Linux, whose 65,536 no program uses: they would count nowhere.
        if (!call.Process.Identity.IsSuperuser || call[0] > MostGroups)
        {
            return call.Process.Identity.IsSuperuser ? Errno.EINVAL : Errno.EPERM;
        }

        var bytes = new byte[(int)call[0] * sizeof(uint)];
        if (!call.TryRead(call[1], bytes))
        {
            return call.Failure;
        }

        var groups = new uint[(int)call[0]];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)));
        }

        call.Process.Identity = call.Process.Identity with { Groups = groups };
        return 0L;
    }

    private static Identity WithUsers(Identity old, uint real, uint effective, uint saved) => old with
    {
        Real = old.Real with { User = real },
        Effective = old.Effective with { User = effective },
        Saved = old.Saved with { User = saved },
        Files = old.Files with { User = effective },
    };

    private static Identity WithGroups(Identity old, uint real, uint effective, uint saved) => old with
    {
        Real = old.Real with { Group = real },
        Effective = old.Effective with { Group = effective },
        Saved = old.Saved with { Group = saved },
        Files = old.Files with { Group = effective },
    };

    private static CallResult Commit(LinuxCall call, Identity identity)
    {
        call.Process.Identity = identity;
        return 0L;
    }
}
