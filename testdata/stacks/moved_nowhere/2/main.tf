moved {
  from = terraform_data.a
  to   = terraform_data.b
}
moved {
  from = terraform_data.c
  to   = module.m.terraform_data.c
}
moved {
  from = module.x
  to   = module.y
}
moved {
  from = module.x.terraform_data.q[3]
  to   = terraform_data.q["w"]
}
