global using ObjectOS.Cpu;
global using ThreadState = ObjectOS.Client.ThreadState;
