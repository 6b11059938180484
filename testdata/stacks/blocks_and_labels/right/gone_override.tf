removed {
  from = terraform_data.gone
  connection {
    host = "nobody"
  }
  lifecycle {
    destroy = false
  }
  provisioner "local-exec" {
    when    = destroy
    command = "true"
  }
}
