removed {
  from = terraform_data.a[0]
}
removed {
  from = module.m["x"].terraform_data.a
}
removed {
  from = data.terraform_data.a
}
removed {
}
removed {
  from = terraform_data.b
  lifecycle {
    prevent_destroy = true
  }
}
removed {
  from = terraform_data.c
  lifecycle {
    destroy = var.c
  }
}
removed {
  from = module.d
  provisioner "local-exec" {
    when    = destroy
    command = "true"
  }
}
removed {
  from = terraform_data.e
  provisioner "local-exec" {
    command = "true"
  }
}
