
/lib/model.py
mul@
"call*x * w