global using ThreadState = ObjectOS.Client.ThreadState;
