namespace ObjectOS;
